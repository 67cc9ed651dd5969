// Calls to compare: each one made through our client and through the official one, with the same odd input.
import type { StreamClient as OfficialClient } from 'oci-streaming';
import type { StreamClient } from '../../src/stream-client.ts';
import type { Case as AnyCase } from './beside-official.ts';

type Case = AnyCase<StreamClient, OfficialClient>;

interface CommonInput {
  readonly streamId?: string;
  readonly requestId?: string | null;
}

interface CursorInput extends CommonInput {
  readonly cursor?: string;
}

interface ReadInput extends CursorInput {
  readonly limit?: number;
}

interface GroupInput extends CommonInput {
  readonly groupName?: string;
}

interface DetailsInput extends CommonInput {
  readonly details: object;
}

const aStream = 'ocid1.stream.oc1..recorded';

/** The members both clients take beside what the operation is about. */
function options({ requestId }: CommonInput): { opcRequestId?: string } {
  // A null passes the types of neither client, but comes from callers without types.
  return requestId === undefined ? {} : { opcRequestId: requestId as string };
}

function consumerCommit(what: string, input: CursorInput = {}): Case {
  const { streamId = aStream, cursor = 'at' } = input;
  return {
    name: `ConsumerCommit, ${what}`,
    ours: (client) => client.consumerCommit(streamId, cursor, options(input)),
    official: (client) => client.consumerCommit({ streamId, cursor, ...options(input) }),
  };
}

function consumerHeartbeat(what: string, input: CursorInput = {}): Case {
  const { streamId = aStream, cursor = 'at' } = input;
  return {
    name: `ConsumerHeartbeat, ${what}`,
    ours: (client) => client.consumerHeartbeat(streamId, cursor, options(input)),
    official: (client) => client.consumerHeartbeat({ streamId, cursor, ...options(input) }),
  };
}

function getMessages(what: string, input: ReadInput = {}): Case {
  const { streamId = aStream, cursor = 'at' } = input;
  const limit = input.limit === undefined ? {} : { limit: input.limit };
  return {
    name: `GetMessages, ${what}`,
    ours: (client) => client.getMessages(streamId, cursor, { ...limit, ...options(input) }),
    official: (client) => client.getMessages({ streamId, cursor, ...limit, ...options(input) }),
  };
}

function getGroup(what: string, input: GroupInput = {}): Case {
  const { streamId = aStream, groupName = 'readers' } = input;
  return {
    name: `GetGroup, ${what}`,
    ours: (client) => client.getGroup(streamId, groupName, options(input)),
    official: (client) => client.getGroup({ streamId, groupName, ...options(input) }),
  };
}

// Details are `never` to both clients: some hold on purpose what the types forbid, a null or a text that is no enum member.

function updateGroup(what: string, input: GroupInput & DetailsInput): Case {
  const { streamId = aStream, groupName = 'readers' } = input;
  const details = input.details as never;
  return {
    name: `UpdateGroup, ${what}`,
    ours: (client) => client.updateGroup(streamId, groupName, details, options(input)),
    official: (client) => client.updateGroup({ streamId, groupName, updateGroupDetails: details, ...options(input) }),
  };
}

function createCursor(what: string, input: DetailsInput): Case {
  const { streamId = aStream } = input;
  const details = input.details as never;
  return {
    name: `CreateCursor, ${what}`,
    ours: (client) => client.createCursor(streamId, details, options(input)),
    official: (client) => client.createCursor({ streamId, createCursorDetails: details, ...options(input) }),
  };
}

function createGroupCursor(what: string, input: DetailsInput): Case {
  const { streamId = aStream } = input;
  const details = input.details as never;
  return {
    name: `CreateGroupCursor, ${what}`,
    ours: (client) => client.createGroupCursor(streamId, details, options(input)),
    official: (client) => client.createGroupCursor({ streamId, createGroupCursorDetails: details, ...options(input) }),
  };
}

function putMessages(what: string, input: DetailsInput): Case {
  const { streamId = aStream } = input;
  const details = input.details as never;
  return {
    name: `PutMessages, ${what}`,
    ours: (client) => client.putMessages(streamId, details, options(input)),
    official: (client) => client.putMessages({ streamId, putMessagesDetails: details, ...options(input) }),
  };
}

/** Texts that go wrong when a client escapes too little, too much or twice. */
const oddTexts: Readonly<Record<string, string>> = {
  'spaces inside': 'a  b',
  'spaces around': ' a ',
  'a slash': 'a/b',
  'a backslash': 'a\\b',
  'a percent sign': '100%',
  'an escape': 'a%41%2Fb',
  'a plus sign': 'a+b',
  'padded base64': 'aGk+aG8/==',
  'an equals sign': 'a=b',
  'an ampersand': 'a&limit=3',
  'a question mark': 'a?b',
  'a hash': 'a#b',
  'double quotes': '"a"',
  'an apostrophe': "it's",
  'angle brackets': '<a>',
  'braces, pipe, caret and backtick': '{a}|b^c`',
  'square brackets': '[a]',
  'other marks': '!$()*,;:@~_-',
  'a tab and a newline': 'a\tb\nc',
  'a null character': 'a\0b',
  'an umlaut': 'für',
  'a combining accent': 'e\u0301',
  ideographs: '流量',
  'an emoji': '🌊',
  'half an emoji': '\ud83c',
  'a dot': '.',
  'two dots': '..',
  'an escaped dot': '%2e',
  'three dots': '...',
  'dot segments': '../a/./b',
  'only spaces': '  ',
  nothing: '',
  '255 characters': 'n'.repeat(255),
};

/** The names of the cases with these oddities in a cursor, which goes into the query. */
export function cursorCases(...oddities: readonly string[]): string[] {
  const operations = ['ConsumerCommit', 'ConsumerHeartbeat', 'GetMessages'];
  return oddities.flatMap((oddity) => operations.map((operation) => `${operation}, cursor: ${oddity}`));
}

/** The names of the cases with these oddities in a group name that goes into the path. */
export function groupNameCases(...oddities: readonly string[]): string[] {
  return oddities.flatMap((oddity) => ['GetGroup', 'UpdateGroup'].map((operation) => `${operation}, group name: ${oddity}`));
}

const aPosition = { type: 'LATEST' };
const aMessage = { key: 'a2V5', value: 'dmFsdWU=' };
const aTime = new Date('2024-05-06T07:08:09.010Z');

function withOddText([oddity, text]: readonly [string, string]): Case[] {
  return [
    consumerCommit(`cursor: ${oddity}`, { cursor: text }),
    consumerHeartbeat(`cursor: ${oddity}`, { cursor: text }),
    getMessages(`cursor: ${oddity}`, { cursor: text }),
    getGroup(`group name: ${oddity}`, { groupName: text }),
    updateGroup(`group name: ${oddity}`, { groupName: text, details: aPosition }),
    createGroupCursor(`names: ${oddity}`, { details: { groupName: text, instanceName: text, ...aPosition } }),
  ];
}

/** The names of the cases that ask this of every operation. */
export function everyCase(what: string): string[] {
  return onEveryOperation(what, {}).map(({ name }) => name);
}

/** Every operation, with one input for all of them. */
function onEveryOperation(what: string, input: CommonInput): Case[] {
  return [
    consumerCommit(what, input),
    consumerHeartbeat(what, input),
    createCursor(what, { ...input, details: { partition: '0', ...aPosition } }),
    createGroupCursor(what, { ...input, details: { groupName: 'readers', ...aPosition } }),
    getGroup(what, input),
    getMessages(what, input),
    putMessages(what, { ...input, details: { messages: [aMessage] } }),
    updateGroup(what, { ...input, details: aPosition }),
  ];
}

const createCursorCases: readonly Case[] = [
  createCursor('an offset', { details: { partition: '12', type: 'AT_OFFSET', offset: 0 } }),
  createCursor('the greatest exact offset', { details: { partition: '0', type: 'AFTER_OFFSET', offset: Number.MAX_SAFE_INTEGER } }),
  createCursor('a Date', { details: { partition: '0', type: 'AT_TIME', time: aTime } }),
  createCursor('a Date on the second', { details: { partition: '0', type: 'AT_TIME', time: new Date(0) } }),
  createCursor('a time as text', { details: { partition: '0', type: 'AT_TIME', time: '2024-05-06T07:08:09+05:30' } }),
  createCursor('an invalid Date', { details: { partition: '0', type: 'AT_TIME', time: new Date(Number.NaN) } }),
  createCursor('nulls', { details: { partition: '0', type: 'TRIM_HORIZON', offset: null, time: null } }),
  createCursor('undefined members', { details: { partition: '0', type: 'TRIM_HORIZON', offset: undefined, time: undefined } }),
  createCursor('an unknown type', { details: { partition: '0', type: 'SOMEWHERE' } }),
  createCursor('a member the API does not have', { details: { partition: '0', ...aPosition, colour: { name: 'blue' } } }),
];

const groupCases: readonly Case[] = [
  createGroupCursor('every member', {
    details: { groupName: 'readers', type: 'AT_TIME', time: aTime, instanceName: 'one', timeoutInMs: 5000, commitOnGet: false },
  }),
  createGroupCursor('nulls', {
    details: { groupName: 'readers', ...aPosition, time: null, instanceName: null, timeoutInMs: null, commitOnGet: null },
  }),
  createGroupCursor('zero and false', { details: { groupName: 'readers', ...aPosition, timeoutInMs: 0, commitOnGet: false } }),
  updateGroup('a Date', { details: { type: 'AT_TIME', time: aTime } }),
  updateGroup('empty details', { details: {} }),
  updateGroup('undefined members', { details: { type: undefined, time: undefined } }),
  updateGroup('nulls', { details: { type: null, time: null } }),
];

const messageCases: readonly Case[] = [
  putMessages('no key', { details: { messages: [{ value: 'dmFsdWU=' }] } }),
  putMessages('a null key', { details: { messages: [{ key: null, value: 'dmFsdWU=' }] } }),
  putMessages('an undefined key', { details: { messages: [{ key: undefined, value: 'dmFsdWU=' }] } }),
  putMessages('an empty key', { details: { messages: [{ key: '', value: 'dmFsdWU=' }] } }),
  putMessages('keys and none in turn', { details: { messages: [aMessage, { value: 'MQ==' }, { ...aMessage, key: null }] } }),
  putMessages('a value of 1 MiB', { details: { messages: [{ ...aMessage, value: Buffer.alloc(1_048_576, 'v').toString('base64') }] } }),
  putMessages('ten thousand messages', {
    details: { messages: Array.from({ length: 10_000 }, (_, index) => ({ key: 'aw==', value: btoa(`message ${index}`) })) },
  }),
  putMessages('an empty value', { details: { messages: [{ value: '' }] } }),
  putMessages('no message', { details: { messages: [] } }),
  putMessages('base64 without padding', { details: { messages: [{ key: 'a2V5MQ', value: 'dmFsdWU' }] } }),
  putMessages('the URL-safe alphabet', { details: { messages: [{ value: 'a-b_' }] } }),
  putMessages('base64 on two lines', { details: { messages: [{ value: 'dmFs\ndWU=' }] } }),
  putMessages('members the API does not have', { details: { messages: [{ ...aMessage, colour: 'blue' }], size: 1 } }),
  getMessages('limit NaN', { limit: Number.NaN }),
  getMessages('limit 0', { limit: 0 }),
  getMessages('limit 1', { limit: 1 }),
  getMessages('limit 10000', { limit: 10_000 }),
  getMessages('limit 10001', { limit: 10_001 }),
  getMessages('limit 1e21', { limit: 1e21 }),
  getMessages('a cursor of 1024 characters', { cursor: 'c'.repeat(1024) }),
];

/** All of them; each operation with nothing odd first. */
export const cases: readonly Case[] = [
  ...onEveryOperation('nothing odd', {}),
  ...onEveryOperation('a request id', { requestId: 'order 66/"a"' }),
  ...onEveryOperation('a request id beyond ASCII', { requestId: 'é' }),
  ...onEveryOperation('a null request id', { requestId: null }),
  ...onEveryOperation('an empty request id', { requestId: '' }),
  ...onEveryOperation('a request id that no header can hold', { requestId: 'a\nb' }),
  ...onEveryOperation('an odd stream id', { streamId: "a b/c%41+ü'{groupName}$&" }),
  ...onEveryOperation('an empty stream id', { streamId: '' }),
  ...createCursorCases,
  ...groupCases,
  ...messageCases,
  ...Object.entries(oddTexts).flatMap(withOddText),
];
