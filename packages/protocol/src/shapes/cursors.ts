// Partition cursors as the API takes and shows them (OCI Streaming API 20180418).
import { type Static, type TEnum, type TInteger, type TObject, type TOptional, type TString, Type } from 'typebox';

const cursorTypes = ['AFTER_OFFSET', 'AT_OFFSET', 'AT_TIME', 'LATEST', 'TRIM_HORIZON'] as const;

/** Body of CreateCursor. `offset` goes with the two OFFSET types, `time` (RFC 3339) with AT_TIME. */
export const createCursorDetails: TObject<{
  partition: TString;
  type: TEnum<['AFTER_OFFSET', 'AT_OFFSET', 'AT_TIME', 'LATEST', 'TRIM_HORIZON']>;
  offset: TOptional<TInteger>;
  time: TOptional<TString>;
}> = Type.Object({
  partition: Type.String({ acceptsInteger: true }),
  type: Type.Enum([...cursorTypes]),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  time: Type.Optional(Type.String()),
});
export type CreateCursorDetails = Static<typeof createCursorDetails>;

/** Answer of CreateCursor. */
export interface Cursor {
  readonly value: string;
}
