"""Drives the service with the official Python SDK and prints one line for each behaviour checked.

Usage: checks.py ENDPOINT CONFIG_FILE, against a service that holds nothing yet.
"""

import base64
import re
import sys
import traceback
from collections import defaultdict
from datetime import datetime, timedelta, timezone

import oci
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oci.streaming.models import (
    CreateCursorDetails,
    CreateStreamDetails,
    PutMessagesDetails,
    PutMessagesDetailsEntry,
    UpdateGroupDetails,
    UpdateStreamDetails,
)

from groups import Group

endpoint, config_file = sys.argv[1:]
config = oci.config.from_file(config_file)
oci.config.validate_config(config)
compartment = config["tenancy"]
admin = oci.streaming.StreamAdminClient(config, service_endpoint=endpoint)
waiting = oci.streaming.StreamAdminClientCompositeOperations(admin)
failed = 0


def main():
    for section in (lifecycle, tags, lists, work_requests, messages, sizes, cursors, groups_by_reading, groups_by_hand, group_resets, refusals,
                    signatures, deletion):
        try:
            section()
        except Exception as error:
            check(f"{section.__name__} runs to its end", (traceback.extract_tb(error.__traceback__)[1].lineno, error), None)
    print("end")
    sys.exit(1 if failed else 0)


def check(behaviour, got, expected):
    global failed
    if got == expected:
        print(f"ok - {behaviour}", flush=True)
    else:
        failed += 1
        print(f"not ok - {behaviour}: expected {expected!r}, got {got!r}", flush=True)


def check_refused(behaviour, status, code, call):
    try:
        got = ("answered", call().status)
    except oci.exceptions.ServiceError as error:
        got = (error.status, error.code, has_three_parts(error.request_id), bool(error.message))
    check(f"{behaviour} is refused: {status} {code}", got, (status, code, True, True))


def has_three_parts(request_id):
    return re.fullmatch(r"[^/]+/[0-9A-Fa-f]{32}/[0-9A-Fa-f]{32}", request_id or "") is not None


def lifecycle():
    created = admin.create_stream(details("first", 3), opc_request_id="asked-by-python")
    stream = created.data
    check("CreateStream answers 200 with an etag and a work request",
          (created.status, bool(created.headers.get("etag")), bool(created.headers.get("opc-work-request-id"))), (200, True, True))
    check("the caller's request id comes back as the first of three parts",
          (created.request_id.split("/")[0], has_three_parts(created.request_id)), ("asked-by-python", True))
    check("a new stream has what was asked for, and the defaults",
          (stream.name, stream.partitions, stream.retention_in_hours, stream.compartment_id, stream.freeform_tags, stream.defined_tags),
          ("first", 3, 24, compartment, {}, {}))
    check("a new stream is in a pool and reached where its creator reached the service",
          (stream.stream_pool_id.startswith("ocid1.streampool."), stream.messages_endpoint), (True, endpoint))
    check("its time of creation is now", abs(datetime.now(timezone.utc) - stream.time_created) < timedelta(minutes=5), True)

    active = oci.wait_until(admin, admin.get_stream(stream.id), "lifecycle_state", "ACTIVE", max_wait_seconds=60)
    check("the SDK's waiter sees the stream ACTIVE", (active.data.id, active.data.lifecycle_state), (stream.id, "ACTIVE"))
    check("GetStream gives the same etag again", admin.get_stream(stream.id).headers["etag"], active.headers["etag"])

    done = waiting.create_stream_and_wait_for_state(details("waited-for", 1, retention_in_hours=168), ["SUCCEEDED"]).data
    second = admin.get_stream(identifier(done)).data
    check("create_stream_and_wait_for_state ends with a stream that is ACTIVE",
          (done.status, second.lifecycle_state, second.name, second.retention_in_hours), ("SUCCEEDED", "ACTIVE", "waited-for", 168))
    check("streams of one compartment share its default pool", second.stream_pool_id, stream.stream_pool_id)
    check_refused("a second stream of the same name", 409, "Conflict", lambda: admin.create_stream(details("first", 1)))


def tags():
    stream_id = create("tagged", 1)
    before = admin.get_stream(stream_id)
    changes = UpdateStreamDetails(freeform_tags={"team": "münchen"}, defined_tags={})
    updated = admin.update_stream(stream_id, changes, if_match=before.headers["etag"])
    check("UpdateStream changes the tags and the etag",
          (updated.status, updated.data.freeform_tags, updated.headers["etag"] != before.headers["etag"]),
          (200, {"team": "münchen"}, True))
    check_refused("an update with an old etag", 412, "NoEtagMatch",
                  lambda: admin.update_stream(stream_id, changes, if_match=before.headers["etag"]))
    other = UpdateStreamDetails(freeform_tags={"team": "oslo"})
    done = waiting.update_stream_and_wait_for_state(stream_id, other, ["SUCCEEDED"]).data
    check("update_stream_and_wait_for_state ends with the tags in place",
          (done.operation_type, done.resources[0].action_type, admin.get_stream(stream_id).data.freeform_tags),
          ("UPDATE_STREAM", "UPDATED", {"team": "oslo"}))


def lists():
    names = ["list-b", "list-d", "list-a", "list-c"]
    ids = {name: create(name, 1) for name in names}
    pages = [page for page in oci.pagination.list_call_get_all_results_generator(
        admin.list_streams, "response", compartment_id=compartment, limit=2)]
    all_ids = [stream.id for page in pages for stream in page.data]
    check("pages of two hold no more than two and each stream once",
          (max(len(page.data) for page in pages), len(all_ids), set(ids.values()) <= set(all_ids)), (2, len(set(all_ids)), True))
    newest = admin.list_streams(compartment_id=compartment, limit=50).data
    check("without sort_by the newest stream comes first", [s.time_created for s in newest],
          sorted((s.time_created for s in newest), reverse=True))
    check("both orders hold the same streams", {stream.id for stream in newest}, set(all_ids))
    by_name = admin.list_streams(compartment_id=compartment, sort_by="NAME", limit=50).data
    check("sorted by name they ascend", [stream.name for stream in by_name], sorted(stream.name for stream in by_name))
    downwards = admin.list_streams(compartment_id=compartment, sort_by="NAME", sort_order="DESC", limit=50).data
    check("sort_order DESC turns that round", [s.name for s in downwards], [s.name for s in reversed(by_name)])
    check("the name filter is exact", [s.id for s in admin.list_streams(compartment_id=compartment, name="list-a").data], [ids["list-a"]])
    check("a name nobody has gives an empty list", admin.list_streams(compartment_id=compartment, name="list-").data, [])
    check("the id filter gives that stream",
          [s.name for s in admin.list_streams(compartment_id=compartment, id=ids["list-d"]).data], ["list-d"])
    pool = newest[0].stream_pool_id
    check("the pool lists the same streams", {s.id for s in admin.list_streams(stream_pool_id=pool, limit=50).data}, set(all_ids))
    check("no stream is FAILED", admin.list_streams(compartment_id=compartment, lifecycle_state="FAILED").data, [])
    check_refused("a list of neither compartment nor pool", 400, "MissingParameter", admin.list_streams)
    check_refused("a list of both", 400, "InvalidParameter",
                  lambda: admin.list_streams(compartment_id=compartment, stream_pool_id=pool))


def work_requests():
    created = admin.create_stream(details("worked-on", 1))
    request_id = created.headers["opc-work-request-id"]
    done = oci.wait_until(admin, admin.get_work_request(request_id), "status", "SUCCEEDED", max_wait_seconds=60).data
    check("GetWorkRequest tells what was made",
          (done.id, done.operation_type, done.compartment_id, done.percent_complete, done.resources[0].action_type, identifier(done)),
          (request_id, "CREATE_STREAM", compartment, 100.0, "CREATED", created.data.id))
    check("the resource is named a stream", "stream" in done.resources[0].entity_type.lower(), True)
    check("its times are in order", done.time_accepted <= done.time_started <= done.time_finished, True)
    of_stream = admin.list_work_requests(compartment_id=compartment, resource_id=created.data.id).data.items
    check("ListWorkRequests finds it by its resource", [item.id for item in of_stream], [request_id])
    listed = admin.list_work_requests(compartment_id=compartment, limit=2)
    check("ListWorkRequests gives pages, the newest first",
          (listed.data.items[0].id, len(listed.data.items), listed.has_next_page), (request_id, 2, True))
    check_refused("ListWorkRequestErrors, which is not there,", 501, "MethodNotImplemented",
                  lambda: admin.list_work_request_errors(request_id))


def messages():
    stream_id = create("messages", 3)
    client = data_client(stream_id)
    sent = [(f"key-{n % 5}".encode(), f"value {n} ✓".encode()) for n in range(40)] + [(None, bytes([n])) for n in range(20)]
    put = client.put_messages(stream_id, batch(sent))
    check("PutMessages answers an entry for each message and no failure",
          (put.status, put.data.failures, len(put.data.entries), [e.error for e in put.data.entries if e.error]), (200, 0, 60, []))
    check("the answer has a request id of three parts", has_three_parts(put.request_id), True)

    partitions_of_key = defaultdict(set)
    offsets = defaultdict(list)
    expected = {}
    for (key, value), entry in zip(sent, put.data.entries):
        if key:
            partitions_of_key[key].add(entry.partition)
        offsets[entry.partition].append(entry.offset)
        expected[entry.partition, entry.offset] = (key, value, entry.timestamp)
    check("a key stays in its partition", {len(found) for found in partitions_of_key.values()}, {1})
    check("messages without a key spread", len({e.partition for e in put.data.entries[40:]}) > 1, True)
    check("partitions are the strings 0 to 2", set(offsets) <= {"0", "1", "2"}, True)
    check("offsets rise in the order of the request", all(o == sorted(set(o)) for o in offsets.values()), True)
    check("the first offset of a partition is 0", {o[0] for o in offsets.values()}, {0})

    read = {}
    order = defaultdict(list)
    names = set()
    for partition in ("0", "1", "2"):
        for message in read_all(client, stream_id, cursor(client, stream_id, partition, "TRIM_HORIZON"), limit=7):
            read[message.partition, message.offset] = (decoded(message.key), decoded(message.value), message.timestamp)
            order[message.partition].append(message.offset)
            names.add(message.stream)
    check("every message is read back with its key, value and timestamp", read, expected)
    check("they are read in the order they were put", dict(order), dict(offsets))
    check("messages carry the name of their stream", names, {"messages"})


def sizes():
    stream_id = create("sizes", 1)
    client = data_client(stream_id)
    mebibyte = 1024 * 1024
    put = client.put_messages(stream_id, batch([(None, b"v" * mebibyte)])).data
    check("one mebibyte is accepted", put.failures, 0)
    got = client.get_messages(stream_id, cursor(client, stream_id, "0", "TRIM_HORIZON")).data
    check("and comes back whole", [len(decoded(message.value)) for message in got], [mebibyte])
    put = client.put_messages(stream_id, batch([(b"", b"x"), (b"k" * 256, b"y")])).data
    check("keys of 0 and 256 bytes are accepted", put.failures, 0)
    check_refused("one byte more than a mebibyte in a request", 400, "InvalidParameter",
                  lambda: client.put_messages(stream_id, batch([(b"k", b"v" * mebibyte)])))
    check_refused("a key of 257 bytes", 400, "InvalidParameter",
                  lambda: client.put_messages(stream_id, batch([(b"k" * 257, b"v")])))
    check_refused("an empty value", 400, "InvalidParameter", lambda: client.put_messages(stream_id, batch([(None, b"")])))
    check_refused("a put of no messages", 400, "InvalidParameter", lambda: client.put_messages(stream_id, batch([])))


def cursors():
    stream_id = create("cursors", 1)
    client = data_client(stream_id)
    latest = cursor(client, stream_id, "0", "LATEST")
    entries = [client.put_messages(stream_id, batch([(None, b"%d" % n)])).data.entries[0] for n in range(6)]

    def values(**kind):
        got = read_all(client, stream_id, cursor(client, stream_id, "0", **kind))
        return [int(decoded(message.value)) for message in got]

    moment = entries[3].timestamp
    since = [n for n, entry in enumerate(entries) if entry.timestamp >= moment]
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    check("TRIM_HORIZON begins with the first", values(type="TRIM_HORIZON"), [0, 1, 2, 3, 4, 5])
    check("AT_OFFSET begins with that offset", values(type="AT_OFFSET", offset=entries[2].offset), [2, 3, 4, 5])
    check("AFTER_OFFSET begins behind it", values(type="AFTER_OFFSET", offset=entries[2].offset), [3, 4, 5])
    check("AT_TIME begins with the first of that time", values(type="AT_TIME", time=moment), since)
    check("AT_TIME long ago begins with the first", values(type="AT_TIME", time=moment - timedelta(days=1)), [0, 1, 2, 3, 4, 5])
    check("AT_TIME in the future waits", values(type="AT_TIME", time=later), [])
    check("LATEST begins with what came after it was made",
          [decoded(message.value) for message in read_all(client, stream_id, latest)], [b"0", b"1", b"2", b"3", b"4", b"5"])
    check("LATEST made now begins with nothing", values(type="LATEST"), [])

    start = cursor(client, stream_id, "0", "TRIM_HORIZON")
    two = client.get_messages(stream_id, start, limit=2)
    check("limit bounds the answer", [message.offset for message in two.data], [0, 1])
    two_more = client.get_messages(stream_id, two.headers["opc-next-cursor"], limit=2)
    check("the next cursor goes on behind it", [message.offset for message in two_more.data], [2, 3])
    check("a cursor may be used again", [m.offset for m in client.get_messages(stream_id, start, limit=2).data], [0, 1])
    tail = client.get_messages(stream_id, cursor(client, stream_id, "0", "LATEST"))
    check("an empty read is an empty list with a next cursor",
          (tail.status, tail.data, bool(tail.headers.get("opc-next-cursor"))), (200, [], True))
    client.put_messages(stream_id, batch([(None, b"6")]))
    after = client.get_messages(stream_id, tail.headers["opc-next-cursor"]).data
    check("which then delivers what arrived", [decoded(message.value) for message in after], [b"6"])


def groups_by_reading():
    five_consumers("with commit-on-get", commit_on_get=True)


def groups_by_hand():
    group = five_consumers("committing by hand", commit_on_get=False)
    check_refused("a commit of partitions that went to others", 400, "InvalidParameter",
                  lambda: group.client.consumer_commit(group.stream_id, group.consumers["c"].cursor))


def five_consumers(mode, commit_on_get):
    stream_id = create(f"five {mode}", 6)
    group = Group(data_client(stream_id), stream_id, "five", commit_on_get)
    for behaviour, got, expected in group.lives_through_a_death():
        check(f"{mode}: {behaviour}", got, expected)
    return group


def group_resets():
    stream_id = create("resets", 1)
    group = Group(data_client(stream_id), stream_id, "readers", commit_on_get=False)
    group.put(3)
    reader = group.join("reader")
    before = datetime.now(timezone.utc)
    reader.turn()
    [reservation] = group.reservations()
    check("GetGroup tells the last committed offset and who holds the partition",
          (reservation.partition, reservation.committed_offset, reservation.reserved_instance), ("0", 2, "reader"))
    reserved = reservation.time_reserved_until - before
    check("and until when, a timeout after it was heard of", timedelta(seconds=29) < reserved < timedelta(seconds=90), True)
    answer = group.client.update_group(stream_id, "readers", UpdateGroupDetails(type="TRIM_HORIZON"))
    [reservation] = group.reservations()
    check("UpdateGroup answers nothing, frees the partition and forgets what was committed",
          (answer.status, answer.data, reservation.committed_offset, reservation.reserved_instance), (200, None, None, None))
    check("an older cursor goes on at the new place", [d.offset for d in reader.read()], [0, 1, 2])
    group.client.update_group(stream_id, "readers", UpdateGroupDetails(type="AT_TIME", time=datetime.now(timezone.utc)))
    check("AT_TIME skips what was stored before", reader.read(), [])


def refusals():
    stream_id = create("refusals", 1)
    client = data_client(stream_id)
    other_id = create("refusals-other", 1)
    good = cursor(client, stream_id, "0", "TRIM_HORIZON")
    unknown = stream_id[:-12] + "unknownunkno"
    check_refused("GetStream of an unknown stream", 404, "NotAuthorizedOrNotFound", lambda: admin.get_stream(unknown))
    check_refused("PutMessages to an unknown stream", 404, "NotAuthorizedOrNotFound",
                  lambda: client.put_messages(unknown, batch([(None, b"x")])))
    check_refused("GetMessages of an unknown stream", 404, "NotAuthorizedOrNotFound", lambda: client.get_messages(unknown, good))
    check_refused("CreateCursor in an unknown stream", 404, "NotAuthorizedOrNotFound", lambda: cursor_answer(client, unknown, "0", "LATEST"))
    check_refused("an unknown work request", 404, "NotAuthorizedOrNotFound",
                  lambda: admin.get_work_request("ocid1.streamworkrequest.oc1..unknown"))
    check_refused("a cursor that is none", 400, "InvalidParameter", lambda: client.get_messages(stream_id, "nonsense"))
    check_refused("a cursor of another stream", 400, "InvalidParameter", lambda: client.get_messages(other_id, good))
    check_refused("a cursor with a letter changed", 400, "InvalidParameter", lambda: client.get_messages(stream_id, altered(good)))
    check_refused("a limit of 0", 400, "InvalidParameter", lambda: client.get_messages(stream_id, good, limit=0))
    check_refused("a limit of 10001", 400, "InvalidParameter", lambda: client.get_messages(stream_id, good, limit=10001))
    check_refused("a partition the stream does not have", 400, "InvalidParameter", lambda: cursor_answer(client, stream_id, "1", "LATEST"))
    check_refused("AT_OFFSET without an offset", 400, "MissingParameter", lambda: cursor_answer(client, stream_id, "0", "AT_OFFSET"))
    check_refused("a value that is not base64", 400, "InvalidParameter",
                  lambda: client.put_messages(stream_id, {"messages": [{"value": "not base64!"}]}))
    check_refused("a retention of 23 hours", 400, "InvalidParameter", lambda: admin.create_stream(details("short", 1, retention_in_hours=23)))
    check_refused("a stream of no partitions", 400, "InvalidParameter", lambda: admin.create_stream(details("none", 0)))
    check_refused("GetGroup of an unknown group", 404, "NotAuthorizedOrNotFound", lambda: client.get_group(stream_id, "nobody"))
    check_refused("UpdateGroup of an unknown group", 404, "NotAuthorizedOrNotFound",
                  lambda: client.update_group(stream_id, "nobody", UpdateGroupDetails(type="LATEST")))
    check_refused("a commit of a partition's cursor", 400, "InvalidParameter", lambda: client.consumer_commit(stream_id, good))
    check_refused("a heartbeat with a cursor that is none", 400, "InvalidParameter",
                  lambda: client.consumer_heartbeat(stream_id, "nonsense"))


def signatures():
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    strangers = {
        "the right name with the wrong key": {"key_content": other_key},
        "a fingerprint nobody has": {"fingerprint": ":".join(["00"] * 16)},
        "a user nobody has": {"user": "ocid1.user.oc1..stranger"},
        "a tenancy nobody has": {"tenancy": "ocid1.tenancy.oc1..stranger"},
    }
    for behaviour, changes in strangers.items():
        stranger = oci.streaming.StreamAdminClient({**config, **changes}, service_endpoint=endpoint)
        check_refused(behaviour, 401, "NotAuthenticated",
                      lambda: stranger.list_streams(compartment_id=compartment))
    stranger = oci.streaming.StreamClient({**config, "key_content": other_key}, service_endpoint=endpoint)
    check_refused("a put with the wrong key, to an unknown stream,", 401, "NotAuthenticated",
                  lambda: stranger.put_messages("ocid1.stream.oc1..unknown", batch([(None, b"x")])))


def deletion():
    stream_id = create("short-lived", 1)
    client = data_client(stream_id)
    begin = cursor(client, stream_id, "0", "TRIM_HORIZON")
    check_refused("a deletion with a wrong etag", 412, "NoEtagMatch", lambda: admin.delete_stream(stream_id, if_match="wrong"))
    done = waiting.delete_stream_and_wait_for_state(stream_id, ["SUCCEEDED"]).data
    check("delete_stream_and_wait_for_state ends with a work request of the deletion",
          (done.status, done.operation_type, done.resources[0].action_type, identifier(done)),
          ("SUCCEEDED", "DELETE_STREAM", "DELETED", stream_id))
    check("the record of a deleted stream stays readable", admin.get_stream(stream_id).data.lifecycle_state, "DELETED")
    check_refused("a put to a deleted stream", 404, "NotAuthorizedOrNotFound",
                  lambda: client.put_messages(stream_id, batch([(None, b"x")])))
    check_refused("a get from a deleted stream", 404, "NotAuthorizedOrNotFound", lambda: client.get_messages(stream_id, begin))
    again = create("short-lived", 1)
    check("its name is free at once, for a new and empty stream",
          (again != stream_id, read_all(data_client(again), again, cursor(data_client(again), again, "0", "TRIM_HORIZON"))), (True, []))


def details(name, partitions, **more):
    return CreateStreamDetails(name=name, partitions=partitions, compartment_id=compartment, **more)


def create(name, partitions):
    return identifier(waiting.create_stream_and_wait_for_state(details(name, partitions), ["SUCCEEDED"]).data)


def identifier(work_request):
    return work_request.resources[0].identifier


def data_client(stream_id):
    return oci.streaming.StreamClient(config, service_endpoint=admin.get_stream(stream_id).data.messages_endpoint)


def batch(messages):
    return PutMessagesDetails(messages=[PutMessagesDetailsEntry(key=encoded(key), value=encoded(value)) for key, value in messages])


def cursor_answer(client, stream_id, partition, type, **more):
    return client.create_cursor(stream_id, CreateCursorDetails(partition=partition, type=type, **more))


def cursor(client, stream_id, partition, type, **more):
    return cursor_answer(client, stream_id, partition, type, **more).data.value


def read_all(client, stream_id, position, limit=1000):
    """Every message from `position` to the first empty answer."""
    messages = []
    while True:
        answer = client.get_messages(stream_id, position, limit=limit)
        if not answer.data:
            return messages
        messages += answer.data
        position = answer.headers["opc-next-cursor"]


def altered(text):
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1:]


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def decoded(text):
    return None if text is None else base64.b64decode(text)


if __name__ == "__main__":
    main()
