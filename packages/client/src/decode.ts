// Answers from JSON: what the API calls a time becomes a `Date`, everything else stays as it came, unknown members included.
import type { Cursor, Group, Message, PutMessagesResult, Stream, StreamSummary, WorkRequest } from './models.ts';

/** The data of an answer from its body. */
export type Decode<Data> = (body: Uint8Array) => Data;

export const decodeCursor: Decode<Cursor> = (body) => parse(body) as Cursor;
export const decodeNothing: Decode<undefined> = () => undefined;

export const decodeMessages: Decode<Message[]> = (body) => {
  const messages = parse(body) as Message[];
  for (const message of messages) withTimes(message, ['timestamp']);
  return messages;
};

export const decodePutResult: Decode<PutMessagesResult> = (body) => {
  const result = parse(body) as PutMessagesResult;
  for (const entry of result.entries) withTimes(entry, ['timestamp']);
  return result;
};

export const decodeGroup: Decode<Group> = (body) => {
  const group = parse(body) as Group;
  for (const reservation of group.reservations ?? []) withTimes(reservation, ['timeReservedUntil']);
  return group;
};

export const decodeStream: Decode<Stream> = (body) => withTimes(parse(body) as Stream, ['timeCreated']);

export const decodeStreams: Decode<StreamSummary[]> = (body) =>
  (parse(body) as StreamSummary[]).map((stream) => withTimes(stream, ['timeCreated']));

const workRequestTimes = ['timeAccepted', 'timeStarted', 'timeFinished'] as const;
export const decodeWorkRequest: Decode<WorkRequest> = (body) => withTimes(parse(body) as WorkRequest, workRequestTimes);

export const decodeWorkRequests: Decode<WorkRequest[]> = (body) =>
  (parse(body) as { items: WorkRequest[] }).items.map((work) => withTimes(work, workRequestTimes));

/** JSON of an answer as it is; its shape is the service's word. */
function parse(body: Uint8Array): unknown {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
}

/** The same object with these members, texts on the wire, as times. */
function withTimes<Value extends object>(value: Value, names: readonly (keyof Value)[]): Value {
  for (const name of names) {
    const text: unknown = value[name];
    if (typeof text === 'string') Object.assign(value, { [name]: new Date(text) });
  }
  return value;
}
