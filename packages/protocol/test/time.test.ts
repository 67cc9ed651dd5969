// Times as the API writes and reads them.
import fc from 'fast-check';
import { formatTime, InvalidTime, parseTime } from 'millrace-protocol';
import { expect, test } from 'vitest';

const year10000 = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

test('a time is written in UTC with three digits', () => {
  expect(formatTime(Date.UTC(2018, 3, 20, 23, 21, 12, 428))).toBe('2018-04-20T23:21:12.428Z');
  expect(formatTime(0)).toBe('1970-01-01T00:00:00.000Z');
});

test('what is written is read back to the millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1900, 0), max: year10000 }), (timestampMs) => {
      expect(parseTime(formatTime(timestampMs))).toBe(timestampMs);
    }),
  );
});

test.each([
  ['2018-04-20T23:21:12Z', '2018-04-20T23:21:12.000Z'],
  ['2018-04-20T23:21:12.4Z', '2018-04-20T23:21:12.400Z'],
  ['2018-04-20T23:21:12.428000Z', '2018-04-20T23:21:12.428Z'],
  ['2018-04-20T23:21:12.428000001Z', '2018-04-20T23:21:12.429Z'],
  ['2018-04-20T23:21:12.999999999Z', '2018-04-20T23:21:13.000Z'],
  ['2018-04-21T04:51:12.428+05:30', '2018-04-20T23:21:12.428Z'],
  ['2018-04-20T15:21:12-08:00', '2018-04-20T23:21:12.000Z'],
  ['2018-04-20t23:21:12z', '2018-04-20T23:21:12.000Z'],
  ['2018-04-20 23:21:12Z', '2018-04-20T23:21:12.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
])('%s is read as the first millisecond at or after it', (text, time) => {
  expect(formatTime(parseTime(text))).toBe(time);
});

test.each([
  '',
  '2018-04-20',
  '2018-04-20T23:21:12',
  '2018-04-20T23:21Z',
  '2018-04-20T23:21:12.Z',
  '2018-04-20T23:21:12.0123456789Z',
  '2018-04-20T23:21:60Z',
  '2018-04-20T25:00:00Z',
  '2018-13-01T00:00:00Z',
  '2018-02-30T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2018-04-20T23:21:12+99:00',
  'Fri Feb 21 15:36:49 UTC 2042',
  '1524266472428',
])('%j is no time', (text) => {
  expect(() => parseTime(text)).toThrow(InvalidTime);
  expect(() => parseTime(text)).toThrow(`Expected a time such as 2018-04-20T23:21:12.428Z (RFC 3339), got ${JSON.stringify(text)}.`);
});

function isTimeOrRefused(text: string): boolean {
  try {
    return Number.isSafeInteger(parseTime(text));
  } catch (error) {
    return error instanceof InvalidTime;
  }
}

test('any text is a time or is refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?([+-]\d\d:\d\d|Z)$/)), (text) => {
      expect(isTimeOrRefused(text)).toBe(true);
    }),
  );
});
