// What ConsumerCommit and ConsumerHeartbeat share: both show a cursor and get another one.
import { limits, standardMessage } from 'millrace-protocol';
import type { Cursor } from 'millrace-protocol/shapes';
import { invalid } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { GroupCursorCodec } from './group-cursor.ts';
import { currentInstance, refuseVoid } from './refusals.ts';

/** Appends the command for the cursor of the request. Throws 400 if the cursor, or one of its positions, does not count any more. */
export async function keepAlive(service: Service, request: OperationRequest, kind: 'COMMIT' | 'HEARTBEAT'): Promise<Answer> {
  const text = request.query.required('cursor', limits.cursorCharacters);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  if (!GroupCursorCodec.claims(text)) throw invalid(`${standardMessage.cursorInvalid} Expected the cursor of a group.`);
  const cursor = service.groupCursors.decode(stream.id, text, service.clock.now());
  await currentInstance(service, stream, cursor);
  const { group, epoch, asOf, positions, first } = cursor;
  const { answer, offset } = await service.groups.submit(stream.id, { v: 1, kind, group, epoch, asOf, positions });
  if (answer.kind !== 'kept') throw refuseVoid(answer, stream);
  // What is committed needs no position.
  const kept = kind === 'COMMIT' ? [] : answer.positions;
  const next = { group, epoch, asOf: offset, positions: kept, first };
  const body: Cursor = { value: service.groupCursors.encode(stream.id, next, service.clock.now()) };
  return { status: 200, body };
}
