// One program that calls every operation, right and wrong, as it is written for oci-streaming. It is run on that package and on
// ours; what it sees is all it gets to know.
import type { AuthenticationDetailsProvider } from 'oci-common';
import type * as Streaming from 'oci-streaming';
import type { responses } from 'oci-streaming';

/** What the program runs on. */
export interface Setting {
  /** The package. */
  readonly streaming: Pick<typeof Streaming, 'StreamClient' | 'StreamAdminClient' | 'models' | 'requests'>;
  readonly provider: AuthenticationDetailsProvider;
  /** One whose key the service does not know. */
  readonly stranger: AuthenticationDetailsProvider;
  readonly endpoint: string;
  readonly compartmentId: string;
}

/** What came of each step, in order: an answer, an error, or what was made of answers. */
export type Seen = Record<string, unknown>;

const atOnce = { delayStrategy: { delay: () => 0 } };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Runs it. */
export async function program({ streaming, provider, stranger, endpoint, compartmentId }: Setting): Promise<Seen> {
  const { models, requests } = streaming;
  const seen: Seen = {};

  async function step<Answer>(name: string, call: () => Promise<Answer>): Promise<Answer> {
    const settled = await Promise.resolve()
      .then(call)
      .catch((error: unknown) => ({ error }));
    seen[name] = settled;
    // What a failed step gave is nobody's business further on.
    return settled as Answer;
  }

  const admin = new streaming.StreamAdminClient({ authenticationDetailsProvider: provider });
  seen['no waiters yet'] = caught(() => admin.getWaiters());
  admin.regionId = 'eu-frankfurt-1';
  seen['endpoint of a region'] = admin.endpoint;
  admin.endpoint = endpoint;
  seen['endpoint'] = admin.endpoint.replace(endpoint, '');
  const waiters = admin.createWaiters(atOnce);
  seen['waiters are kept'] = admin.getWaiters() === waiters;

  const created = await step('create', () =>
    admin.createStream({
      createStreamDetails: { name: 'letters', partitions: 2, compartmentId, retentionInHours: 48, freeformTags: { a: 'b' } },
      opcRequestId: 'program',
    }),
  );
  const streamId = created.stream.id;
  await step('wait for the stream', () => waiters.forStream({ streamId }, models.Stream.LifecycleState.Active));
  await step('wait for the work', () => waiters.forWorkRequest({ workRequestId: created.opcWorkRequestId }));
  for (const name of ['returns', 'invoices']) {
    const { opcWorkRequestId } = await admin.createStream({ createStreamDetails: { name, partitions: 1, compartmentId } });
    await waiters.forWorkRequest({ workRequestId: opcWorkRequestId });
  }
  const got = await step('get', () => admin.getStream({ streamId }));
  const byName = { compartmentId, sortBy: requests.ListStreamsRequest.SortBy.Name, sortOrder: requests.ListStreamsRequest.SortOrder.Desc };
  const page = await step('list', () => admin.listStreams({ ...byName, limit: 2 }));
  await step('list, second page', () => admin.listStreams({ ...byName, limit: 2, page: page.opcNextPage }));
  seen['every stream'] = await collect(admin.listStreamsRecordIterator({ ...byName, limit: 1 }), ({ name }) => name);
  seen['every page'] = await collect(admin.listStreamsResponseIterator({ ...byName, limit: 2 }), ({ items }) => items.length);
  seen['every stream, as it was called before'] = await collect(admin.listAllStreams({ ...byName }), ({ name }) => name);
  seen['every page, as it was called before'] = await collect(admin.listAllStreamsResponses({ ...byName }), ({ items }) => items.length);
  await step('update', () => admin.updateStream({ streamId, updateStreamDetails: { freeformTags: { c: 'd' } }, ifMatch: got.etag }));
  await step('update, too late', () => admin.updateStream({ streamId, updateStreamDetails: { freeformTags: {} }, ifMatch: got.etag }));
  await step('create again', () => admin.createStream({ createStreamDetails: { name: 'letters', partitions: 2, compartmentId } }));
  await step('create nothing', () => admin.createStream({ createStreamDetails: { name: '', partitions: 0, compartmentId } }));
  await step('get what is not there', () => admin.getStream({ streamId: 'ocid1.stream.oc1..unknown', opcRequestId: 'lost' }));
  await step('get without an id', () => admin.getStream({ streamId: '' }));
  await step('get a work request', () => admin.getWorkRequest({ workRequestId: created.opcWorkRequestId }));
  await step('list work requests', () =>
    admin.listWorkRequests({ resourceId: streamId, sortOrder: requests.ListWorkRequestsRequest.SortOrder.Asc }),
  );
  await step('list without a filter', () => admin.listStreams({}));

  const client = new streaming.StreamClient({ authenticationDetailsProvider: provider });
  await step('without an endpoint', () => client.getGroup({ streamId, groupName: 'g' }));
  client.endpoint = endpoint;
  const messages = ['a', 'b', 'c', 'd', 'e'].map((text) => ({ key: base64(`key ${text}`), value: base64(text) }));
  await step('put', () => client.putMessages({ streamId, putMessagesDetails: { messages } }));
  await step('put without a key', () => client.putMessages({ streamId, putMessagesDetails: { messages: [{ value: '' }] } }));
  await step('put nothing', () => client.putMessages({ streamId, putMessagesDetails: { messages: [] } }));
  await step('put too much', () =>
    client.putMessages({ streamId, putMessagesDetails: { messages: [{ value: Buffer.alloc(1_200_000).toString('base64') }] } }),
  );
  await step('put to what is not there', () =>
    client.putMessages({ streamId: 'ocid1.stream.oc1..unknown', putMessagesDetails: { messages } }),
  );

  const { Type } = models.CreateCursorDetails;
  const cursor = async (name: string, details: Omit<Streaming.models.CreateCursorDetails, 'partition'>, partition = '0') =>
    await step(`cursor ${name}`, () => client.createCursor({ streamId, createCursorDetails: { partition, ...details } }));
  await cursor('at an offset', { type: Type.AtOffset, offset: 1 });
  await cursor('behind an offset', { type: Type.AfterOffset, offset: 0 });
  await cursor('at the end', { type: Type.Latest });
  await cursor('at a time', { type: Type.AtTime, time: new Date(0) });
  await cursor('without an offset', { type: Type.AtOffset });
  await cursor('of no partition', { type: Type.Latest }, '7');
  for (const partition of ['0', '1']) {
    const { cursor: start } = await cursor(`at the start of ${partition}`, { type: Type.TrimHorizon }, partition);
    let next = start.value;
    for (let count = 1; count > 0; ) {
      const read: responses.GetMessagesResponse = await step(`read ${partition} from ${count}`, () =>
        client.getMessages({ streamId, cursor: next, limit: 2 }),
      );
      next = read.opcNextCursor;
      count = read.items.length === 0 ? 0 : count + read.items.length;
    }
  }
  await step('read with no cursor', () => client.getMessages({ streamId, cursor: 'none' }));
  await step('read with a limit too high', async () => {
    const { cursor: start } = await client.createCursor({ streamId, createCursorDetails: { partition: '0', type: Type.Latest } });
    return await client.getMessages({ streamId, cursor: start.value, limit: 1_000_000 });
  });

  const joined = await step('join', () =>
    client.createGroupCursor({
      streamId,
      createGroupCursorDetails: {
        groupName: 'readers',
        instanceName: 'one',
        type: models.CreateGroupCursorDetails.Type.TrimHorizon,
        commitOnGet: false,
        timeoutInMs: 60_000,
      },
    }),
  );
  const read = await step('read as a group', () => client.getMessages({ streamId, cursor: joined.cursor.value }));
  const kept = await step('heartbeat', () => client.consumerHeartbeat({ streamId, cursor: read.opcNextCursor }));
  const committed = await step('commit', () => client.consumerCommit({ streamId, cursor: kept.cursor.value }));
  await step('read on', () => client.getMessages({ streamId, cursor: committed.cursor.value }));
  await step('group', () => client.getGroup({ streamId, groupName: 'readers' }));
  const setBack = { type: models.UpdateGroupDetails.Type.TrimHorizon };
  await step('set back', () => client.updateGroup({ streamId, groupName: 'readers', updateGroupDetails: setBack }));
  await step('set back no group', () => client.updateGroup({ streamId, groupName: 'nobody', updateGroupDetails: setBack }));
  await step('no group', () => client.getGroup({ streamId, groupName: 'nobody', opcRequestId: 'lost-too' }));
  await step('commit with no cursor', () => client.consumerCommit({ streamId, cursor: 'none' }));

  const unknown = new streaming.StreamClient({ authenticationDetailsProvider: stranger });
  unknown.endpoint = endpoint;
  await step('a stranger', () => unknown.getGroup({ streamId, groupName: 'readers' }));

  await step('delete', () => admin.deleteStream({ streamId, opcRequestId: 'the end' }));
  await step('wait for the end', () => waiters.forStream({ streamId }, models.Stream.LifecycleState.Deleted));
  await step('put to what was', () => client.putMessages({ streamId, putMessagesDetails: { messages } }));
  for (const one of [admin, client, unknown]) one.close();
  return seen;
}

async function collect<Entry, Kept>(entries: AsyncIterable<Entry>, keep: (entry: Entry) => Kept): Promise<Kept[]> {
  const kept: Kept[] = [];
  for await (const entry of entries) kept.push(keep(entry));
  return kept;
}

function caught(call: () => unknown): string {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? 'an Error' : 'something else';
  }
}
