import static java.nio.charset.StandardCharsets.UTF_8;

import com.oracle.bmc.auth.BasicAuthenticationDetailsProvider;
import com.oracle.bmc.auth.ConfigFileAuthenticationDetailsProvider;
import com.oracle.bmc.auth.SimpleAuthenticationDetailsProvider;
import com.oracle.bmc.model.BmcException;
import com.oracle.bmc.streaming.StreamAdminClient;
import com.oracle.bmc.streaming.StreamClient;
import com.oracle.bmc.streaming.model.CreateCursorDetails;
import com.oracle.bmc.streaming.model.CreateGroupCursorDetails;
import com.oracle.bmc.streaming.model.CreateStreamDetails;
import com.oracle.bmc.streaming.model.Message;
import com.oracle.bmc.streaming.model.PartitionReservation;
import com.oracle.bmc.streaming.model.PutMessagesDetails;
import com.oracle.bmc.streaming.model.PutMessagesDetailsEntry;
import com.oracle.bmc.streaming.model.PutMessagesResultEntry;
import com.oracle.bmc.streaming.model.Stream;
import com.oracle.bmc.streaming.model.StreamSummary;
import com.oracle.bmc.streaming.model.UpdateGroupDetails;
import com.oracle.bmc.streaming.model.UpdateStreamDetails;
import com.oracle.bmc.streaming.requests.ConsumerCommitRequest;
import com.oracle.bmc.streaming.requests.ConsumerHeartbeatRequest;
import com.oracle.bmc.streaming.requests.CreateCursorRequest;
import com.oracle.bmc.streaming.requests.CreateGroupCursorRequest;
import com.oracle.bmc.streaming.requests.CreateStreamRequest;
import com.oracle.bmc.streaming.requests.DeleteStreamRequest;
import com.oracle.bmc.streaming.requests.GetGroupRequest;
import com.oracle.bmc.streaming.requests.GetMessagesRequest;
import com.oracle.bmc.streaming.requests.GetStreamRequest;
import com.oracle.bmc.streaming.requests.ListStreamsRequest;
import com.oracle.bmc.streaming.requests.PutMessagesRequest;
import com.oracle.bmc.streaming.requests.UpdateGroupRequest;
import com.oracle.bmc.streaming.requests.UpdateStreamRequest;
import com.oracle.bmc.streaming.responses.GetMessagesResponse;
import java.io.ByteArrayInputStream;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * Drives the service with the official Java SDK and prints one line for each behaviour checked.
 * Arguments: endpoint and config file, of a service that holds nothing yet.
 */
public final class Checks {
  private static final int MEBIBYTE = 1 << 20;

  private final String endpoint;
  private final ConfigFileAuthenticationDetailsProvider identity;
  private final String compartment;
  private final StreamAdminClient admin;
  private int failed = 0;

  public static void main(String[] arguments) throws Exception {
    System.exit(new Checks(arguments[0], arguments[1]).run());
  }

  private Checks(String endpoint, String configFile) throws Exception {
    this.endpoint = endpoint;
    identity = new ConfigFileAuthenticationDetailsProvider(configFile, "DEFAULT");
    compartment = identity.getTenantId();
    admin = StreamAdminClient.builder().endpoint(endpoint).build(identity);
  }

  private interface Section {
    void run() throws Exception;
  }

  private int run() {
    section("lifecycle", this::lifecycle);
    section("lists", this::lists);
    section("messages", this::messages);
    section("cursors", this::cursors);
    section("groups", this::groups);
    section("refusals", this::refusals);
    section("signatures", this::signatures);
    section("deletion", this::deletion);
    System.out.println("end");
    return failed == 0 ? 0 : 1;
  }

  private void section(String name, Section section) {
    try {
      section.run();
    } catch (Exception error) {
      check(name + " runs to its end", error.toString(), "");
    }
  }

  private void check(String behaviour, Object got, Object expected) {
    if (Objects.equals(got, expected)) {
      System.out.println("ok - " + behaviour);
      return;
    }
    failed += 1;
    System.out.println("not ok - " + behaviour + ": expected " + expected + ", got " + got);
  }

  private void checkRefused(String behaviour, int status, String code, Section call) throws Exception {
    Object got = "answered";
    try {
      call.run();
    } catch (BmcException error) {
      got = List.of(error.getStatusCode(), String.valueOf(error.getServiceCode()), hasThreeParts(error.getOpcRequestId()));
    }
    check(behaviour + " is refused: " + status + " " + code, got, List.of(status, code, true));
  }

  private static boolean hasThreeParts(String requestId) {
    return requestId != null && requestId.matches("[^/]+/[0-9A-Fa-f]{32}/[0-9A-Fa-f]{32}");
  }

  private void lifecycle() throws Exception {
    var created = admin.createStream(CreateStreamRequest.builder()
        .createStreamDetails(details("first").partitions(3).freeformTags(Map.of("team", "münchen")).build())
        .opcRequestId("asked-by-java")
        .build());
    Stream stream = created.getStream();
    check("CreateStream answers with an etag", created.getEtag() != null, true);
    check("the caller's request id comes back as the first of three parts",
        List.of(created.getOpcRequestId().split("/")[0], hasThreeParts(created.getOpcRequestId())), List.of("asked-by-java", true));
    check("a new stream has what was asked for, and the defaults",
        List.of(stream.getName(), stream.getPartitions(), stream.getRetentionInHours(), stream.getCompartmentId(), stream.getFreeformTags()),
        List.of("first", 3, 24, compartment, Map.of("team", "münchen")));
    check("it is reached where its creator reached the service", stream.getMessagesEndpoint(), endpoint);

    var active = admin.getWaiters().forStream(get(stream.getId()), Stream.LifecycleState.Active).execute();
    check("the SDK's waiter sees the stream ACTIVE", active.getStream().getLifecycleState(), Stream.LifecycleState.Active);

    var changed = admin.updateStream(update(stream.getId(), active.getEtag()));
    check("UpdateStream changes the tags and the etag",
        List.of(changed.getStream().getFreeformTags(), changed.getEtag().equals(active.getEtag())), List.of(Map.of("team", "oslo"), false));
    checkRefused("an update with the old etag", 412, "NoEtagMatch", () -> admin.updateStream(update(stream.getId(), active.getEtag())));
    checkRefused("a second stream of the same name", 409, "Conflict", () -> create("first"));
  }

  private void lists() {
    List.of("list-b", "list-c", "list-a").forEach(this::create);
    var byName = list().sortBy(ListStreamsRequest.SortBy.Name).limit(2).build();
    check("a page holds no more than its limit", admin.listStreams(byName).getItems().size(), 2);
    check("the SDK's paginator goes through every page, by name", allNames(byName), List.of("first", "list-a", "list-b", "list-c"));
    var newestFirst = allTimes(list().build());
    check("without a sort the newest comes first", newestFirst, newestFirst.stream().sorted(Comparator.reverseOrder()).toList());
    check("the oldest comes first if asked for",
        allTimes(list().sortOrder(ListStreamsRequest.SortOrder.Asc).build()), newestFirst.stream().sorted().toList());
    check("the name filter is exact", allNames(list().name("list-b").build()), List.of("list-b"));
    check("a name nobody has gives an empty list", allNames(list().name("list-").build()), List.of());
  }

  private void messages() {
    Stream stream = create("messages");
    StreamClient client = dataClient(stream);
    var sent = IntStream.range(0, 50).mapToObj(n -> entry(n % 2 == 0 ? null : "key-" + n, "value " + n + " ✓")).toList();
    var put = client.putMessages(put(stream.getId(), sent));
    var result = put.getPutMessagesResult();
    check("PutMessages stores a batch in order",
        List.of(result.getFailures(), result.getEntries().stream().map(PutMessagesResultEntry::getOffset).toList()),
        List.of(0, IntStream.range(0, 50).mapToObj(Long::valueOf).toList()));
    check("the answer has a request id of three parts", hasThreeParts(put.getOpcRequestId()), true);

    var read = readAll(client, stream, cursor(client, stream, at -> at.type(CreateCursorDetails.Type.TrimHorizon)), 7);
    check("every message is read back with its key", read.stream().map(m -> text(m.getKey())).toList(), sent.stream().map(e -> text(e.getKey())).toList());
    check("and its value", read.stream().map(m -> text(m.getValue())).toList(), sent.stream().map(e -> text(e.getValue())).toList());
    check("and its timestamp", read.stream().map(Message::getTimestamp).toList(), result.getEntries().stream().map(PutMessagesResultEntry::getTimestamp).toList());
    check("messages carry the name of their stream", read.get(0).getStream(), "messages");

    Stream large = create("large");
    var bytes = new byte[MEBIBYTE];
    Arrays.fill(bytes, (byte) 255);
    client.putMessages(put(large.getId(), List.of(PutMessagesDetailsEntry.builder().value(bytes).build())));
    var whole = readAll(client, large, cursor(client, large, at -> at.type(CreateCursorDetails.Type.TrimHorizon)), 1);
    check("one mebibyte comes back whole", List.of(whole.size(), Arrays.equals(whole.get(0).getValue(), bytes)), List.of(1, true));
  }

  private void cursors() {
    Stream stream = create("cursors");
    StreamClient client = dataClient(stream);
    String latest = cursor(client, stream, at -> at.type(CreateCursorDetails.Type.Latest));
    var sent = IntStream.range(0, 5).mapToObj(n -> entry(null, "" + n)).toList();
    Date moment = client.putMessages(put(stream.getId(), sent)).getPutMessagesResult().getEntries().get(0).getTimestamp();
    Date later = new Date(System.currentTimeMillis() + 3_600_000);

    check("TRIM_HORIZON begins with the first", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.TrimHorizon)), List.of(0L, 1L, 2L, 3L, 4L));
    check("AT_OFFSET begins with that offset", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.AtOffset).offset(2L)), List.of(2L, 3L, 4L));
    check("AFTER_OFFSET begins behind it", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.AfterOffset).offset(2L)), List.of(3L, 4L));
    check("AT_TIME begins with the first of that time", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.AtTime).time(moment)), List.of(0L, 1L, 2L, 3L, 4L));
    check("AT_TIME in the future waits", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.AtTime).time(later)), List.of());
    check("LATEST begins with what came after it was made", readAll(client, stream, latest, 1000).size(), 5);
    check("LATEST made now begins with nothing", offsets(client, stream, at -> at.type(CreateCursorDetails.Type.Latest)), List.of());

    String start = cursor(client, stream, at -> at.type(CreateCursorDetails.Type.TrimHorizon));
    var two = read(client, stream, start, 2);
    check("limit bounds the answer", two.getItems().stream().map(Message::getOffset).toList(), List.of(0L, 1L));
    check("the next cursor goes on behind it", readAll(client, stream, two.getOpcNextCursor(), 2).stream().map(Message::getOffset).toList(), List.of(2L, 3L, 4L));
  }

  private void groups() throws Exception {
    Stream stream = create("groups");
    StreamClient client = dataClient(stream);
    client.putMessages(put(stream.getId(), IntStream.range(0, 3).mapToObj(n -> entry(null, "" + n)).toList()));
    String first = join(client, stream, "first");
    var read = read(client, stream, first, 1000);
    check("a group cursor reads from the oldest message on", read.getItems().stream().map(Message::getOffset).toList(), List.of(0L, 1L, 2L));
    var heartbeat = ConsumerHeartbeatRequest.builder().streamId(stream.getId()).cursor(read.getOpcNextCursor()).build();
    String kept = client.consumerHeartbeat(heartbeat).getCursor().getValue();
    var held = reservation(client, stream);
    check("GetGroup tells who holds the partition, and that nothing is committed",
        Arrays.asList(held.getPartition(), held.getReservedInstance(), held.getCommittedOffset()), Arrays.asList("0", "first", null));
    check("until when is in the future", held.getTimeReservedUntil().after(new Date()), true);
    String next = commit(client, stream, kept);
    check("ConsumerCommit commits what the cursor of the heartbeat stands for", reservation(client, stream).getCommittedOffset(), 2L);
    check("and the cursor it gives goes on behind that", read(client, stream, next, 1000).getItems(), List.of());
    check("a second instance finds its partition taken", read(client, stream, join(client, stream, "second"), 1000).getItems(), List.of());

    var horizon = UpdateGroupDetails.builder().type(UpdateGroupDetails.Type.TrimHorizon).build();
    client.updateGroup(UpdateGroupRequest.builder().streamId(stream.getId()).groupName("readers").updateGroupDetails(horizon).build());
    var freed = reservation(client, stream);
    check("UpdateGroup frees the partition and forgets what was committed",
        Arrays.asList(freed.getReservedInstance(), freed.getCommittedOffset()), Arrays.asList(null, null));
    checkRefused("a commit of what was read before", 400, "InvalidParameter", () -> commit(client, stream, kept));
    check("an older cursor reads on at the new place", read(client, stream, next, 1000).getItems().size(), 3);
  }

  private void refusals() throws Exception {
    Stream stream = create("refusals");
    StreamClient client = dataClient(stream);
    String unknown = "ocid1.stream.oc1..unknown";
    checkRefused("GetStream of an unknown stream", 404, "NotAuthorizedOrNotFound", () -> admin.getStream(get(unknown)));
    checkRefused("PutMessages to an unknown stream", 404, "NotAuthorizedOrNotFound",
        () -> client.putMessages(put(unknown, List.of(entry(null, "x")))));
    checkRefused("a cursor that is none", 400, "InvalidParameter", () -> read(client, stream, "nonsense", 1));
    checkRefused("a limit of 10001", 400, "InvalidParameter",
        () -> read(client, stream, cursor(client, stream, at -> at.type(CreateCursorDetails.Type.Latest)), 10001));
    checkRefused("a partition the stream does not have", 400, "InvalidParameter",
        () -> cursor(client, stream, at -> at.type(CreateCursorDetails.Type.Latest).partition("1")));
    checkRefused("an unknown group", 404, "NotAuthorizedOrNotFound", () -> reservation(client, stream));
    String partitionCursor = cursor(client, stream, at -> at.type(CreateCursorDetails.Type.Latest));
    checkRefused("a commit of a partition's cursor", 400, "InvalidParameter", () -> commit(client, stream, partitionCursor));
  }

  private void signatures() throws Exception {
    var generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
    byte[] wrongKey = ("-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n").getBytes(UTF_8);
    byte[] rightKey = identity.getPrivateKey().readAllBytes();
    String nobody = String.join(":", Collections.nCopies(16, "00"));
    checkRefused("the right name with the wrong key", 401, "NotAuthenticated", () -> listAs(stranger(identity.getFingerprint(), wrongKey)));
    checkRefused("a fingerprint nobody has", 401, "NotAuthenticated", () -> listAs(stranger(nobody, rightKey)));
  }

  private BasicAuthenticationDetailsProvider stranger(String fingerprint, byte[] privateKey) {
    return SimpleAuthenticationDetailsProvider.builder()
        .tenantId(identity.getTenantId())
        .userId(identity.getUserId())
        .fingerprint(fingerprint)
        .privateKeySupplier(() -> new ByteArrayInputStream(privateKey))
        .build();
  }

  private void listAs(BasicAuthenticationDetailsProvider who) {
    StreamAdminClient.builder().endpoint(endpoint).build(who).listStreams(list().build());
  }

  private void deletion() throws Exception {
    Stream stream = create("short-lived");
    admin.deleteStream(DeleteStreamRequest.builder().streamId(stream.getId()).build());
    var gone = admin.getWaiters().forStream(get(stream.getId()), Stream.LifecycleState.Deleted).execute();
    check("the SDK's waiter sees the stream DELETED", gone.getStream().getLifecycleState(), Stream.LifecycleState.Deleted);
    checkRefused("a put to a deleted stream", 404, "NotAuthorizedOrNotFound",
        () -> dataClient(stream).putMessages(put(stream.getId(), List.of(entry(null, "x")))));
    check("its name is free for a new stream", create("short-lived").getId().equals(stream.getId()), false);
  }

  private CreateStreamDetails.Builder details(String name) {
    return CreateStreamDetails.builder().name(name).partitions(1).compartmentId(compartment);
  }

  private Stream create(String name) {
    var request = CreateStreamRequest.builder().createStreamDetails(details(name).build()).build();
    String id = admin.createStream(request).getStream().getId();
    try {
      return admin.getWaiters().forStream(get(id), Stream.LifecycleState.Active).execute().getStream();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private static GetStreamRequest get(String streamId) {
    return GetStreamRequest.builder().streamId(streamId).build();
  }

  private static UpdateStreamRequest update(String streamId, String etag) {
    var tags = UpdateStreamDetails.builder().freeformTags(Map.of("team", "oslo")).build();
    return UpdateStreamRequest.builder().streamId(streamId).ifMatch(etag).updateStreamDetails(tags).build();
  }

  private ListStreamsRequest.Builder list() {
    return ListStreamsRequest.builder().compartmentId(compartment);
  }

  private List<String> allNames(ListStreamsRequest request) {
    return all(request).map(StreamSummary::getName).toList();
  }

  private List<Date> allTimes(ListStreamsRequest request) {
    return all(request).map(StreamSummary::getTimeCreated).toList();
  }

  private java.util.stream.Stream<StreamSummary> all(ListStreamsRequest request) {
    return StreamSupport.stream(admin.getPaginators().listStreamsRecordIterator(request).spliterator(), false);
  }

  /** A client of the stream's own messages endpoint. */
  private StreamClient dataClient(Stream stream) {
    return StreamClient.builder().stream(stream).build(identity);
  }

  private static PutMessagesDetailsEntry entry(String key, String value) {
    return PutMessagesDetailsEntry.builder().key(key == null ? null : key.getBytes(UTF_8)).value(value.getBytes(UTF_8)).build();
  }

  private static PutMessagesRequest put(String streamId, List<PutMessagesDetailsEntry> entries) {
    return PutMessagesRequest.builder().streamId(streamId).putMessagesDetails(PutMessagesDetails.builder().messages(entries).build()).build();
  }

  /** A cursor in partition 0, unless `where` says otherwise. */
  private static String cursor(StreamClient client, Stream stream, Consumer<CreateCursorDetails.Builder> where) {
    var details = CreateCursorDetails.builder().partition("0");
    where.accept(details);
    var request = CreateCursorRequest.builder().streamId(stream.getId()).createCursorDetails(details.build()).build();
    return client.createCursor(request).getCursor().getValue();
  }

  /** A cursor of an instance of the group `readers` that commits by hand. */
  private static String join(StreamClient client, Stream stream, String instance) {
    var details = CreateGroupCursorDetails.builder()
        .groupName("readers")
        .instanceName(instance)
        .type(CreateGroupCursorDetails.Type.TrimHorizon)
        .timeoutInMs(600_000)
        .commitOnGet(false)
        .build();
    var request = CreateGroupCursorRequest.builder().streamId(stream.getId()).createGroupCursorDetails(details).build();
    return client.createGroupCursor(request).getCursor().getValue();
  }

  private static String commit(StreamClient client, Stream stream, String cursor) {
    return client.consumerCommit(ConsumerCommitRequest.builder().streamId(stream.getId()).cursor(cursor).build()).getCursor().getValue();
  }

  /** The only partition, as the group `readers` has it. */
  private static PartitionReservation reservation(StreamClient client, Stream stream) {
    var request = GetGroupRequest.builder().streamId(stream.getId()).groupName("readers").build();
    return client.getGroup(request).getGroup().getReservations().get(0);
  }

  private static GetMessagesResponse read(StreamClient client, Stream stream, String cursor, int limit) {
    return client.getMessages(GetMessagesRequest.builder().streamId(stream.getId()).cursor(cursor).limit(limit).build());
  }

  /** Every message from `cursor` to the first empty answer. */
  private static List<Message> readAll(StreamClient client, Stream stream, String cursor, int limit) {
    var messages = new ArrayList<Message>();
    var answer = read(client, stream, cursor, limit);
    while (!answer.getItems().isEmpty()) {
      messages.addAll(answer.getItems());
      answer = read(client, stream, answer.getOpcNextCursor(), limit);
    }
    return messages;
  }

  private static List<Long> offsets(StreamClient client, Stream stream, Consumer<CreateCursorDetails.Builder> where) {
    return readAll(client, stream, cursor(client, stream, where), 1000).stream().map(Message::getOffset).toList();
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, UTF_8);
  }
}
