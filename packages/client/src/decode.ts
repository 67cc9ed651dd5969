// Answers to what callers get. From JSON: what the API calls a time becomes a `Date`, everything else stays as it came, unknown members
// included.

import { binaryMessages } from 'millrace-protocol';
import { scanMessages } from '#codec';
import { decodeBinary } from './binary-messages.ts';
import { bodyText } from './body-text.ts';
import { ReceivedMessage } from './consumer/received-message.ts';
import type { Cursor, Group, Message, PutMessagesResult, Stream, StreamSummary, WorkRequest } from './models.ts';

/**
 * The data of an answer from the pieces of its body, of which nothing may be kept: their memory is given back. `contentType` is the header,
 * if there is one.
 */
export type Decode<Data> = (body: readonly Uint8Array[], contentType?: string) => Data;

export const decodeCursor: Decode<Cursor> = (body) => parse(body) as Cursor;
export const decodeNothing: Decode<undefined> = () => undefined;

export const decodeMessages: Decode<Message[]> = (body) => scanMessages(body) ?? parseMessages(body);

/** What `decodeReceived` understands, for `accept`: a service that does not know the first answers JSON. */
export const receivedTypes: string = `${binaryMessages.mediaType}, application/json`;

export const decodeReceived: Decode<ReceivedMessage[]> = (body, contentType) =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase() === binaryMessages.mediaType
    ? decodeBinary(body)
    : decodeMessages(body).map((message) => ReceivedMessage.of(message));

/** Any JSON. */
export const parseMessages: Decode<Message[]> = (body) => (parse(body) as Message[]).map((message) => withTime(message, 'timestamp'));

export const decodePutResult: Decode<PutMessagesResult> = (body) => {
  const result = parse(body) as PutMessagesResult;
  for (const entry of result.entries) withTime(entry, 'timestamp');
  return result;
};

export const decodeGroup: Decode<Group> = (body) => {
  const group = parse(body) as Group;
  for (const reservation of group.reservations ?? []) withTime(reservation, 'timeReservedUntil');
  return group;
};

export const decodeStream: Decode<Stream> = (body) => withTime(parse(body) as Stream, 'timeCreated');

export const decodeStreams: Decode<StreamSummary[]> = (body) =>
  (parse(body) as StreamSummary[]).map((stream) => withTime(stream, 'timeCreated'));

export const decodeWorkRequest: Decode<WorkRequest> = (body) => withWorkTimes(parse(body) as WorkRequest);

export const decodeWorkRequests: Decode<WorkRequest[]> = (body) => (parse(body) as { items: WorkRequest[] }).items.map(withWorkTimes);

/** JSON of an answer as it is; its shape is the service's word. */
function parse(body: readonly Uint8Array[]): unknown {
  return JSON.parse(bodyText(body));
}

function withWorkTimes(work: WorkRequest): WorkRequest {
  return withTime(withTime(withTime(work, 'timeAccepted'), 'timeStarted'), 'timeFinished');
}

/** The same object with this member, a text on the wire, as a time. */
function withTime<Value extends object>(value: Value, name: keyof Value): Value {
  const text: unknown = value[name];
  // The member's type is Date; until here it is the text.
  if (typeof text === 'string') (value as Record<keyof Value, unknown>)[name] = timeOf(text);
  return value;
}

let lastText = '';
let lastMs = Number.NaN;

/** What is stored together has one time, and reading it costs more than the rest of an entry. */
function timeOf(text: string): Date {
  if (text !== lastText) {
    lastText = text;
    lastMs = Date.parse(text);
  }
  return new Date(lastMs);
}
