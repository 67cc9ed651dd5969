"""Consumers of a group with the official Python SDK, and a ledger of what they were given."""

import base64
import time
from dataclasses import dataclass

from oci.streaming.models import CreateGroupCursorDetails, PutMessagesDetails, PutMessagesDetailsEntry

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Delivery:
    consumer: str
    partition: int
    offset: int
    text: str
    received_at: float

    @property
    def place(self):
        return self.partition, self.offset


class Consumer:
    """Reads, takes down what it got, and commits by hand unless reading does."""

    def __init__(self, group, name, timeout_in_ms):
        self.group = group
        self.name = name
        details = CreateGroupCursorDetails(group_name=group.name, instance_name=name, type="TRIM_HORIZON",
                                           commit_on_get=group.commit_on_get, timeout_in_ms=timeout_in_ms)
        self.cursor = group.client.create_group_cursor(group.stream_id, details).data.value

    def read(self, limit=7):
        """Reads and commits nothing of it; the deliveries."""
        answer = self.group.client.get_messages(self.group.stream_id, self.cursor, limit=limit)
        self.cursor = answer.headers["opc-next-cursor"]
        got = [Delivery(self.name, int(m.partition), m.offset, base64.b64decode(m.value).decode(), time.time()) for m in answer.data]
        self.group.ledger += got
        return got

    def turn(self):
        got = self.read()
        if got and not self.group.commit_on_get:
            self.cursor = self.group.client.consumer_commit(self.group.stream_id, self.cursor).data.value
        return got

    def stay(self):
        self.cursor = self.group.client.consumer_heartbeat(self.group.stream_id, self.cursor).data.value


class Group:
    """Consumers of one stream that take turns."""

    def __init__(self, client, stream_id, name, commit_on_get):
        self.client = client
        self.stream_id = stream_id
        self.name = name
        self.commit_on_get = commit_on_get
        self.sent = {}
        self.ledger = []

    def put(self, count):
        """Messages of thirty keys, which reach six partitions."""
        texts = [f"message {len(self.sent) + n}" for n in range(count)]
        entries = [PutMessagesDetailsEntry(key=_base64(f"key {n % 30}"), value=_base64(text)) for n, text in enumerate(texts)]
        result = self.client.put_messages(self.stream_id, PutMessagesDetails(messages=entries)).data
        if result.failures:
            raise RuntimeError(f"{result.failures} of {count} messages were refused")
        self.sent |= {(int(entry.partition), entry.offset): text for entry, text in zip(result.entries, texts)}

    def round(self, consumers):
        return [delivery for consumer in consumers for delivery in consumer.turn()]

    def drain(self, consumers):
        while self.round(consumers):
            pass

    def until(self, condition, consumers):
        """Rounds until `condition` holds, or for a minute; whether it held."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.round(consumers)
        return True

    def reservations(self):
        return self.client.get_group(self.stream_id, self.name).data.reservations

    def holders(self):
        """Name by partition."""
        return {int(r.partition): r.reserved_instance for r in self.reservations()}

    def held_by(self, consumer):
        return {partition for partition, name in self.holders().items() if name == consumer.name}

    def shares(self):
        """How many partitions each one holds, in order; 0 stands for partitions that nobody holds."""
        names = list(self.holders().values())
        return sorted(names.count(name) if name else 0 for name in set(names))

    def committed(self):
        return {int(r.partition): r.committed_offset for r in self.reservations()}

    def last_offsets(self):
        return {partition: offset for partition, offset in sorted(self.sent)}

    def missing(self):
        """What was put and nobody got as it was put."""
        got = {delivery.place: delivery.text for delivery in self.ledger}
        return {place: text for place, text in self.sent.items() if got.get(place) != text}

    def skipping(self):
        """Deliveries before which a message of their partition was left out."""
        ends = {}
        found = []
        for delivery in self.ledger:
            end = ends.get(delivery.partition, 0)
            if delivery.offset > end:
                found.append(delivery)
            ends[delivery.partition] = max(end, delivery.offset + 1)
        return found

    def repeated(self):
        seen = set()
        return {d.place for d in self.ledger if d.place in seen or seen.add(d.place)}


def _base64(text):
    return base64.b64encode(text.encode()).decode()
