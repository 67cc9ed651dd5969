// CreateGroupCursor: validate, stream is active, where a new group would begin, JOIN, answer.
import { limits } from 'millrace-protocol';
import { type Cursor, createGroupCursorDetails } from 'millrace-protocol/shapes';
import type { Answer, OperationRequest } from '../operation.ts';
import { parseBody } from '../parse-body.ts';
import type { RandomBytes } from '../random.ts';
import type { Service } from '../service.ts';
import { refuseVoid } from './refusals.ts';
import { startOf } from './start-position.ts';

export async function createGroupCursor(service: Service, request: OperationRequest): Promise<Answer> {
  const details = parseBody(createGroupCursorDetails, request.body);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const { groupName: name, instanceName = uuidFrom(service.random), commitOnGet = true } = details;
  const { answer, offset: asOf } = await service.groups.submit(stream.id, {
    v: 1,
    kind: 'JOIN',
    streamId: stream.id,
    name,
    instance: instanceName,
    timeoutMs: details.timeoutInMs ?? limits.groupTimeoutMs.default,
    commitOnGet,
    partitionCount: stream.partitions,
    retentionMs: stream.retentionInHours * limits.hourMs,
    start: await startOf(details, stream, service.engine),
  });
  if (answer.kind !== 'joined') throw refuseVoid(answer, stream);
  const { group, epoch } = answer;
  const cursor = { group, epoch, asOf, positions: [], first: 0 };
  const body: Cursor = { value: service.groupCursors.encode(stream.id, cursor, service.clock.now()) };
  return { status: 200, body };
}

/** A random UUID (version 4) in lower case, as the service generates names. */
function uuidFrom(random: RandomBytes): string {
  const bytes = Buffer.from(random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
