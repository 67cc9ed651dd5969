// What our client sends is understood as what the official npm client sends for the same call, odd input included.
import streaming from 'oci-streaming';
import { StreamClient as DropIn } from '../../src/oci/index.ts';
import { StreamClient } from '../../src/stream-client.ts';
import { type Comparison, compareDropIn, compareWithOfficial, type Deliberate, notSent, signedOtherwise } from './beside-official.ts';
import { cases, cursorCases, everyCase, groupNameCases } from './cases.ts';

const rawCursor = 'The official client writes a cursor into the URL as it is; ours percent-encodes it, and it arrives as it was given.';

function cursorArrives(oddity: string, ours: string, ...official: readonly (readonly [string, string])[]): Deliberate {
  return { cases: cursorCases(oddity), field: 'query', official, ours: [['cursor', ours]], reason: rawCursor };
}

const path = (...segments: readonly string[]): readonly string[] => ['20180418', 'streams', 'ocid1.stream.oc1..recorded', ...segments];
const dotsArrive =
  'The official client loses dot segments on the way to the wire and addresses something else; ours sends and signs them as they are.';
const emptyUpdate = 'The official client sends no body for an empty object; ours sends the object, as the Go and Java clients do.';
const nullKey = 'A null key and none mean the same; ours leaves it out.';
const value = 'dmFsdWU=';
const keyed = { key: 'a2V5', value };

const deliberate: readonly Deliberate[] = [
  { ...signedOtherwise, cases: everyCase('an odd stream id') },
  { ...signedOtherwise, cases: groupNameCases('an apostrophe', 'a dot', 'two dots') },
  { ...signedOtherwise, cases: cursorCases('a backslash', 'braces, pipe, caret and backtick', 'a tab and a newline', 'a null character') },
  { ...signedOtherwise, cases: cursorCases('an umlaut', 'a combining accent', 'ideographs', 'an emoji', 'half an emoji') },

  cursorArrives('spaces around', ' a ', ['cursor', ' a']),
  cursorArrives('only spaces', '  ', ['cursor', '']),
  cursorArrives('an escape', 'a%41%2Fb', ['cursor', 'aA/b']),
  cursorArrives('an escaped dot', '%2e', ['cursor', '.']),
  cursorArrives('an ampersand', 'a&limit=3', ['cursor', 'a'], ['limit', '3']),
  cursorArrives('a hash', 'a#b', ['cursor', 'a']),
  cursorArrives('a tab and a newline', 'a\tb\nc', ['cursor', 'abc']),
  {
    ...cursorArrives('nothing', ''),
    reason: 'The official client leaves an empty cursor out; ours lets the service say that it is empty.',
  },

  notSent('The official client sends null in its place; ours names the member.', 'CreateCursor, an invalid Date'),

  { cases: groupNameCases('a dot'), field: 'path', official: path('groups', ''), ours: path('groups', '.'), reason: dotsArrive },
  { cases: groupNameCases('two dots'), field: 'path', official: path(''), ours: path('groups', '..'), reason: dotsArrive },
  { cases: groupNameCases('a dot', 'two dots'), field: 'call', official: 'rejects', ours: 'resolves', reason: dotsArrive },
  notSent('Ours takes a blank name in a path for a mistake, as it takes an empty one.', ...groupNameCases('only spaces')),

  {
    cases: ['UpdateGroup, empty details', 'UpdateGroup, undefined members'],
    field: 'body',
    official: 'empty',
    ours: {},
    reason: emptyUpdate,
  },
  {
    cases: ['PutMessages, a null key'],
    field: 'body',
    official: { messages: [{ key: null, value }] },
    ours: { messages: [{ value }] },
    reason: nullKey,
  },
  {
    cases: ['PutMessages, keys and none in turn'],
    field: 'body',
    official: { messages: [keyed, { value: 'MQ==' }, { key: null, value }] },
    ours: { messages: [keyed, { value: 'MQ==' }, { value }] },
    reason: nullKey,
  },
  {
    cases: ['PutMessages, members the API does not have'],
    field: 'body',
    official: { messages: [{ ...keyed, colour: 'blue' }], size: 1 },
    ours: { messages: [keyed] },
    reason: 'Messages are written member by member; services ignore what they do not know.',
  },
  notSent(
    'The service refuses what is not base64, and all messages with it; ours says which message it is and sends nothing.',
    'PutMessages, the URL-safe alphabet',
    'PutMessages, base64 on two lines',
  ),
  {
    cases: ['GetMessages, limit NaN'],
    field: 'query',
    official: [['cursor', 'at']],
    ours: [
      ['cursor', 'at'],
      ['limit', 'NaN'],
    ],
    reason: 'The official client reads without a limit instead; ours lets the service refuse what is no number.',
  },
];

/** Cases whose input neither client sends. */
const refusedByBoth: readonly string[] = [
  ...everyCase('a request id that no header can hold'),
  ...everyCase('an empty stream id'),
  ...groupNameCases('nothing', 'half an emoji'),
];

const comparison: Comparison<StreamClient, streaming.StreamClient> = {
  name: 'StreamClient',
  cases,
  deliberate,
  refusedByBoth,
  ours: (config, serviceEndpoint) => new StreamClient(config, { serviceEndpoint }),
  official: (...args) => new streaming.StreamClient(...args),
};

compareWithOfficial(comparison);
compareDropIn(comparison, DropIn);
