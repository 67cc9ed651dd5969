// Identifiers as OCI writes them.
import { formatOcid, isOcid } from 'millrace-protocol';
import { expect, test } from 'vitest';

test('an id names its type and region; without a region two dots stand in a row', () => {
  expect(formatOcid('stream', 'millrace', 'abc')).toBe('ocid1.stream.oc1.millrace.abc');
  expect(formatOcid('tenancy', '', 'abc')).toBe('ocid1.tenancy.oc1..abc');
});

test.each([
  ['ocid1.stream.oc1.phx.aaa', true],
  ['ocid1.tenancy.oc1..aaa', true],
  ['ocid1.stream.oc1.ap-tokyo-1.aaa', true],
  ['ocid1.stream.oc1.phx', false],
  ['ocid2.stream.oc1.phx.aaa', false],
  ['ocid1.stream.oc1.phx.AAA', false],
  [`ocid1.stream.oc1.phx.${'a'.repeat(300)}`, false],
  ['', false],
])('%j looks like an id: %s', (text, expected) => {
  expect(isOcid(text)).toBe(expected);
});
