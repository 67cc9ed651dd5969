// Streams as the API shows and takes them (OCI Streaming API 20180418).
import {
  type Static,
  type TBoolean,
  type TInteger,
  type TNumber,
  type TObject,
  type TOptional,
  type TRecord,
  type TString,
  type TUnion,
  Type,
} from 'typebox';
import * as limits from '../limits.ts';

/** Normal path: CREATING, ACTIVE, (UPDATING, ACTIVE)*, DELETING, DELETED. */
export const lifecycleStates = ['CREATING', 'ACTIVE', 'DELETING', 'DELETED', 'FAILED', 'UPDATING'] as const;
export type LifecycleState = (typeof lifecycleStates)[number];

const freeformTags: TRecord<string, TString> = Type.Record(Type.String(), Type.String());
/** What a value of a defined tag may be: OCI's tags hold no lists and no objects. */
type TagValue = TUnion<[TString, TNumber, TBoolean]>;
const tagValue: TagValue = Type.Union([Type.String(), Type.Number(), Type.Boolean()]);
const definedTags: TRecord<string, TRecord<string, TagValue>> = Type.Record(Type.String(), Type.Record(Type.String(), tagValue));
export type FreeformTags = Readonly<Record<string, string>>;
export type DefinedTags = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

const text = (minLength: number, maxLength: number): TString => Type.String({ minLength, maxLength });

/** Body of CreateStream; exactly one of `compartmentId` and `streamPoolId`, which the operation checks. */
export const createStreamDetails: TObject<{
  name: TString;
  partitions: TInteger;
  compartmentId: TOptional<TString>;
  streamPoolId: TOptional<TString>;
  retentionInHours: TOptional<TInteger>;
  freeformTags: TOptional<TRecord<string, TString>>;
  definedTags: TOptional<TRecord<string, TRecord<string, TagValue>>>;
}> = Type.Object({
  name: text(limits.name.min, limits.name.max),
  partitions: Type.Integer({ minimum: limits.partitions.min, maximum: limits.partitions.max }),
  compartmentId: Type.Optional(text(limits.compartmentId.min, limits.compartmentId.max)),
  streamPoolId: Type.Optional(text(limits.compartmentId.min, limits.compartmentId.max)),
  retentionInHours: Type.Optional(Type.Integer({ minimum: limits.retentionHours.min, maximum: limits.retentionHours.max })),
  freeformTags: Type.Optional(freeformTags),
  definedTags: Type.Optional(definedTags),
});
export type CreateStreamDetails = Static<typeof createStreamDetails>;

/** Body of UpdateStream: only what is given changes. */
export const updateStreamDetails: TObject<{
  streamPoolId: TOptional<TString>;
  freeformTags: TOptional<TRecord<string, TString>>;
  definedTags: TOptional<TRecord<string, TRecord<string, TagValue>>>;
}> = Type.Object({
  streamPoolId: Type.Optional(text(1, 255)),
  freeformTags: Type.Optional(freeformTags),
  definedTags: Type.Optional(definedTags),
});
export type UpdateStreamDetails = Static<typeof updateStreamDetails>;

/** A stream in lists. */
export interface StreamSummary {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  readonly compartmentId: string;
  readonly streamPoolId: string;
  readonly lifecycleState: LifecycleState;
  /** RFC 3339, UTC, milliseconds. */
  readonly timeCreated: string;
  /** Base URL of the data-plane operations, without the base path. */
  readonly messagesEndpoint: string;
  readonly freeformTags: FreeformTags;
  readonly definedTags: DefinedTags;
}

/** A stream on its own. */
export interface Stream extends StreamSummary {
  readonly retentionInHours: number;
  readonly lifecycleStateDetails: string | null;
}
