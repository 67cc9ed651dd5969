// What our StreamAdminClient sends is understood as what the official one sends for the same call, odd input included.
import streaming from 'oci-streaming';
import { StreamAdminClient as DropIn } from '../../src/oci/index.ts';
import { StreamAdminClient } from '../../src/stream-admin-client.ts';
import { adminCases, cases } from './admin-cases.ts';
import { type Comparison, compareDropIn, compareWithOfficial, type Deliberate, signedOtherwise } from './beside-official.ts';

const rawName = 'The official client writes a name into the URL as it is; ours percent-encodes it, and it arrives as it was given.';

function nameArrives(oddity: string, ours: string, ...official: readonly (readonly [string, string])[]): Deliberate {
  const compartment = ['compartmentId', 'ocid1.compartment.oc1..recorded'];
  const expected = { official: [compartment, ...official], ours: [compartment, ['name', ours]] };
  return { cases: adminCases(`name: ${oddity}`, 'ListStreams'), field: 'query', ...expected, reason: rawName };
}

const deliberate: readonly Deliberate[] = [
  { ...signedOtherwise, cases: adminCases('an odd id', 'GetStream', 'UpdateStream', 'DeleteStream', 'GetWorkRequest') },
  { ...signedOtherwise, cases: ['ListStreams, name: a backslash', 'ListStreams, name: ideographs'] },

  nameArrives('spaces around', ' a ', ['name', ' a']),
  nameArrives('an escape', 'a%41%2Fb', ['name', 'aA/b']),
  nameArrives('an ampersand', 'a&limit=3', ['limit', '3'], ['name', 'a']),
  nameArrives('a hash', 'a#b', ['name', 'a']),
  {
    ...nameArrives('nothing', ''),
    reason: 'The official client leaves an empty name out and lists every stream; ours lets the service say that it is empty.',
  },

  {
    cases: ['CreateStream, nothing', 'UpdateStream, empty details'],
    field: 'body',
    official: 'empty',
    ours: {},
    reason: 'The official client sends no body for an empty object; ours sends the object, as the Go and Java clients do.',
  },
  {
    cases: ['UpdateStream, an empty etag'],
    field: 'ifMatch',
    official: 'absent',
    ours: '',
    reason: 'The official client leaves an empty etag out, and the change is made whatever came before; ours lets the service refuse it.',
  },
];

const refusedByBoth = adminCases('an empty id', 'GetStream', 'UpdateStream', 'DeleteStream', 'GetWorkRequest');

const comparison: Comparison<StreamAdminClient, streaming.StreamAdminClient> = {
  name: 'StreamAdminClient',
  cases,
  deliberate,
  refusedByBoth,
  ours: (config, serviceEndpoint) => new StreamAdminClient(config, { serviceEndpoint }),
  official: (...args) => new streaming.StreamAdminClient(...args),
};

compareWithOfficial(comparison);
compareDropIn(comparison, DropIn);
