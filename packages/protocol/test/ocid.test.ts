// Identifiers as OCI writes them.
import { formatOcid } from 'millrace-protocol';
import { expect, test } from 'vitest';

test('an id names its type and region; without a region two dots stand in a row', () => {
  expect(formatOcid('stream', 'millrace', 'abc')).toBe('ocid1.stream.oc1.millrace.abc');
  expect(formatOcid('tenancy', '', 'abc')).toBe('ocid1.tenancy.oc1..abc');
});
