// Calls of the admin plane to compare, as far as our client has them.
import type { StreamAdminClient as OfficialClient } from 'oci-streaming';
import type { StreamAdminClient } from '../../src/stream-admin-client.ts';
import type { Case as AnyCase } from './beside-official.ts';

type Case = AnyCase<StreamAdminClient, OfficialClient>;

/** What a call takes beside what it is about; a null passes the types of neither client, but comes from callers without types. */
interface Options {
  readonly opcRequestId?: string;
  readonly ifMatch?: string;
}

const aStream = 'ocid1.stream.oc1..recorded';
const aWorkRequest = 'ocid1.streamworkrequest.oc1..recorded';
const aCompartment = 'ocid1.compartment.oc1..recorded';

// Details are `never` to both clients: some hold on purpose what the types forbid, as some filters do.

function createStream(what: string, details: object, options: Options = {}): Case {
  const createStreamDetails = details as never;
  return {
    name: `CreateStream, ${what}`,
    ours: (client) => client.createStream(createStreamDetails, options),
    official: (client) => client.createStream({ createStreamDetails, ...options }),
  };
}

function getStream(what: string, streamId: string, options: Options = {}): Case {
  return {
    name: `GetStream, ${what}`,
    ours: (client) => client.getStream(streamId, options),
    official: (client) => client.getStream({ streamId, ...options }),
  };
}

function updateStream(what: string, details: object, options: Options = {}, streamId = aStream): Case {
  const updateStreamDetails = details as never;
  return {
    name: `UpdateStream, ${what}`,
    ours: (client) => client.updateStream(streamId, updateStreamDetails, options),
    official: (client) => client.updateStream({ streamId, updateStreamDetails, ...options }),
  };
}

function deleteStream(what: string, options: Options = {}, streamId = aStream): Case {
  return {
    name: `DeleteStream, ${what}`,
    ours: (client) => client.deleteStream(streamId, options),
    official: (client) => client.deleteStream({ streamId, ...options }),
  };
}

function listStreams(what: string, filters: object): Case {
  return {
    name: `ListStreams, ${what}`,
    ours: (client) => client.listStreams(filters),
    official: (client) => client.listStreams(filters),
  };
}

function getWorkRequest(what: string, workRequestId: string, options: Options = {}): Case {
  return {
    name: `GetWorkRequest, ${what}`,
    ours: (client) => client.getWorkRequest(workRequestId, options),
    official: (client) => client.getWorkRequest({ workRequestId, ...options }),
  };
}

function listWorkRequests(what: string, filters: object): Case {
  return {
    name: `ListWorkRequests, ${what}`,
    ours: (client) => client.listWorkRequests(filters),
    official: (client) => client.listWorkRequests(filters),
  };
}

/** Every operation, with one input for all of them. */
function onEveryOperation(what: string, options: Options, id: { stream: string; work: string }): Case[] {
  return [
    createStream(what, { name: 'orders', partitions: 1, compartmentId: aCompartment }, options),
    getStream(what, id.stream, options),
    updateStream(what, { freeformTags: { a: 'b' } }, options, id.stream),
    deleteStream(what, options, id.stream),
    listStreams(what, { compartmentId: aCompartment, ...options }),
    getWorkRequest(what, id.work, options),
    listWorkRequests(what, { compartmentId: aCompartment, ...options }),
  ];
}

/** The names of the cases of these operations that are about this. */
export function adminCases(what: string, ...operations: readonly string[]): string[] {
  return operations.map((operation) => `${operation}, ${what}`);
}

const plain = { stream: aStream, work: aWorkRequest };
const oddId = "a b/c%41+ü'{workRequestId}$&";
const tags = { 'a key': 'a "value"', ü: '流量', empty: '' };
const aPage = 'eyJhIjoxfQ+/==';

/** Texts that go wrong in a query when a client escapes too little, too much or twice. */
const oddNames: Readonly<Record<string, string>> = {
  spaces: 'a  b',
  'spaces around': ' a ',
  'a percent sign': '100%',
  'an escape': 'a%41%2Fb',
  'a plus sign': 'a+b',
  'an ampersand': 'a&limit=3',
  'a hash': 'a#b',
  'a backslash': 'a\\b',
  'an apostrophe': "it's",
  ideographs: '流量',
  nothing: '',
};

/** All of them; each operation with nothing odd first. */
export const cases: readonly Case[] = [
  ...onEveryOperation('nothing odd', {}, plain),
  ...onEveryOperation('a request id', { opcRequestId: 'order 66/"a"' }, plain),
  ...onEveryOperation('a null request id', { opcRequestId: null as never }, plain),
  ...onEveryOperation('an odd id', {}, { stream: oddId, work: oddId }).filter(({ name }) => !/^(Create|List)/.test(name)),
  ...onEveryOperation('an empty id', {}, { stream: '', work: '' }).filter(({ name }) => !/^(Create|List)/.test(name)),
  createStream('every member', {
    name: 'a name of "orders" – ü',
    partitions: 3,
    compartmentId: aCompartment,
    retentionInHours: 168,
    freeformTags: tags,
    definedTags: { 'a space': { text: 'a', number: 1, flag: true } },
  }),
  createStream('nulls', {
    name: 'orders',
    partitions: 1,
    streamPoolId: 'pool',
    compartmentId: null,
    retentionInHours: null,
    definedTags: null,
  }),
  createStream('undefined members', { name: 'orders', partitions: 1, compartmentId: aCompartment, retentionInHours: undefined }),
  createStream('nothing', {}),
  createStream('a member the API does not have', { name: 'orders', partitions: 1, compartmentId: aCompartment, colour: { name: 'blue' } }),
  createStream('many tags', {
    name: 'orders',
    partitions: 1,
    freeformTags: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'v'.repeat(200)])),
  }),
  updateStream('empty tags', { freeformTags: {}, definedTags: {} }),
  updateStream('nulls', { freeformTags: null, streamPoolId: null }),
  updateStream('empty details', {}),
  updateStream('an etag', { freeformTags: tags }, { ifMatch: '"a-1"' }),
  updateStream('an empty etag', { freeformTags: tags }, { ifMatch: '' }),
  deleteStream('an etag', { ifMatch: 'W/"a b"' }),
  deleteStream('a null etag', { ifMatch: null as never }),
  listStreams('every filter', {
    compartmentId: aCompartment,
    id: aStream,
    name: 'orders',
    limit: 50,
    page: 'p',
    sortBy: 'NAME',
    sortOrder: 'DESC',
    lifecycleState: 'ACTIVE',
  }),
  listStreams('a pool', { streamPoolId: 'ocid1.streampool.oc1..recorded' }),
  listStreams('no filter', {}),
  listStreams('null filters', { compartmentId: aCompartment, name: null, page: null, limit: null }),
  listStreams('a page in base64', { compartmentId: aCompartment, page: aPage }),
  ...Object.entries(oddNames).map(([oddity, name]) => listStreams(`name: ${oddity}`, { compartmentId: aCompartment, name })),
  listStreams('limit 0', { compartmentId: aCompartment, limit: 0 }),
  listWorkRequests('every filter', {
    workRequestId: aWorkRequest,
    compartmentId: aCompartment,
    resourceId: aStream,
    page: 'p',
    limit: 1,
    sortOrder: 'ASC',
  }),
  listWorkRequests('a page in base64', { compartmentId: aCompartment, page: aPage }),
  listWorkRequests('no filter', {}),
];
