"""Consumers of a group with the official Python SDK, and a ledger of what they were given."""

import base64
import time
from dataclasses import dataclass

from oci.streaming.models import CreateGroupCursorDetails, PutMessagesDetails, PutMessagesDetailsEntry

PATIENCE_SECONDS = 30


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
    """Reads, has the group take down what it got, and commits by hand unless reading does."""

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
        self.consumers = {}
        self.sent = {}
        self.ledger = []

    def join(self, name, timeout_in_ms=30_000):
        self.consumers[name] = Consumer(self, name, timeout_in_ms)
        return self.consumers[name]

    def lives_through_a_death(self):
        """Five join a stream of six partitions, one dies with messages it did not commit, and the others take over after its
        timeout: each behaviour with what was seen and what is expected."""
        self.put(60)
        first = self.join("a")
        first.turn()
        yield "a consumer alone has all six partitions", self.shares(), [6]
        others = [first, self.join("b"), self.join("d"), self.join("e")]
        dying = self.join("c", timeout_in_ms=1000)
        self.put(60)
        self.until(lambda: self.shares() == [1, 1, 1, 1, 2], [*others, dying])
        yield "five have one or two each", self.shares(), [1, 1, 1, 1, 2]

        died_at, unfinished, left_behind = self._dies(dying, others)
        ledger_before = len(self.ledger)
        others[-1].stay()
        self.until(lambda: self.shares() == [1, 1, 2, 2], others)
        yield "the others take over what a dead one held", self.shares(), [1, 1, 2, 2]
        self.put(60)
        self.drain(others)
        taken_over = [d.received_at for d in self.ledger[ledger_before:] if d.partition in left_behind]
        yield "they get nothing of it before its timeout is over", min(taken_over) - died_at > 1, True
        yield "what it did not commit is delivered again", {d.place for d in unfinished} - self.repeated(), set()
        yield "every message is received as it was put", self.missing(), {}
        yield "in order, without a gap, in every partition", self.skipping(), []
        yield "in the end all is committed", self.committed(), self.last_offsets()

    def _dies(self, dying, others):
        """When it was heard of for the last time at the earliest, what it read then, and the partitions it left behind. On a
        machine that stood still for its whole timeout it had lost them before: then it lives a little longer."""
        while True:
            self.drain([*others, dying])
            self.put(60)
            died_at = time.time()
            unfinished = dying.read()
            left_behind = {partition for partition, name in self.holders().items() if name == dying.name}
            if unfinished and left_behind:
                return died_at, unfinished, left_behind

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
        """Rounds until one brings nothing."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.round(consumers):
            if time.monotonic() > deadline:
                raise TimeoutError(f"messages keep coming after {PATIENCE_SECONDS} seconds")

    def until(self, condition, consumers):
        """Rounds until `condition` holds, or for so long as there is patience."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition() and time.monotonic() < deadline:
            self.round(consumers)

    def reservations(self):
        return self.client.get_group(self.stream_id, self.name).data.reservations

    def holders(self):
        """Name by partition."""
        return {int(r.partition): r.reserved_instance for r in self.reservations()}

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
