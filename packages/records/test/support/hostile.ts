// Bytes as a bad disk or a bad caller would have them, for the property tests of codecs. Use `millrace-records/test-support`.
import fc from 'fast-check';

type Edit = (bytes: Buffer) => Buffer;

const place = fc.nat({ max: 0xffff_ffff });
const telling = fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xfe, 0xff);
const someBytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const flip = fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]): Edit => {
  return (bytes) => changed(bytes, at, (byte) => byte ^ (1 << bit));
});
const set = fc.tuple(place, fc.oneof(telling, fc.nat({ max: 255 }))).map(
  ([at, to]): Edit =>
    (bytes) =>
      changed(bytes, at, () => to),
);
/** The same byte many times over: a number that is far too large, or a sector of zeros. */
const fill = fc.tuple(place, fc.constantFrom(2, 4, 8, 64, 512), telling).map(
  ([at, length, to]): Edit =>
    (bytes) =>
      within(bytes, at, length, () => Buffer.alloc(length, to)),
);
const cut = place.map(
  (at): Edit =>
    (bytes) =>
      bytes.subarray(0, at % (bytes.length + 1)),
);
const extend = someBytes.map(
  (more): Edit =>
    (bytes) =>
      Buffer.concat([bytes, more]),
);
const insert = fc.tuple(place, someBytes).map(
  ([at, more]): Edit =>
    (bytes) =>
      within(bytes, at, 0, () => more),
);
const remove = fc.tuple(place, fc.nat({ max: 64 })).map(
  ([at, length]): Edit =>
    (bytes) =>
      within(bytes, at, length, () => Buffer.alloc(0)),
);
/** A part of the bytes once more somewhere else, over what is there. */
const splice = fc.tuple(place, place, fc.nat({ max: 200 })).map(([from, to, length]): Edit => {
  return (bytes) => {
    const start = from % (bytes.length + 1);
    const piece = bytes.subarray(start, start + length);
    return within(bytes, to, piece.length, () => piece);
  };
});
const edits = fc.array(fc.oneof(flip, set, fill, cut, extend, insert, remove, splice), { minLength: 1, maxLength: 4 });

/** What was valid, and what it is now. */
export interface Damaged<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** What becomes of valid bytes when one to four things happen to them: now and then nothing. */
export function damaged(valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Damaged<Buffer>> {
  return fc.tuple(valid, edits).map(([before, steps]) => ({ before, after: steps.reduce((bytes, step) => step(bytes), before) }));
}

/** The same for a text of one byte a character: parts of it change place, go or come twice, and other characters come in. */
export function damagedText(valid: fc.Arbitrary<string>): fc.Arbitrary<Damaged<string>> {
  return damaged(valid.map((text) => Buffer.from(text, 'latin1'))).map(({ before, after }) => ({
    before: before.toString('latin1'),
    after: after.toString('latin1'),
  }));
}

/** Any bytes, up to `maxLength`. */
export function anyBytes(maxLength: number): fc.Arbitrary<Buffer> {
  return fc.oneof(
    fc.uint8Array({ maxLength, size: 'max' }).map((bytes) => Buffer.from(bytes)),
    fc.array(telling, { maxLength, size: 'max' }).map((bytes) => Buffer.from(bytes)),
  );
}

function changed(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const result = Buffer.from(bytes);
  const index = at % Math.max(bytes.length, 1);
  if (index < result.length) result[index] = change(result[index] ?? 0);
  return result;
}

function within(bytes: Buffer, at: number, length: number, make: () => Buffer): Buffer {
  const start = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, start), make(), bytes.subarray(start + length)]);
}
