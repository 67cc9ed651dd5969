// UpdateGroup: validate, stream is active, where the group goes on, RESET.
import { updateGroupDetails } from 'millrace-protocol/shapes';
import { notFound } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { parseBody } from '../parse-body.ts';
import type { Service } from '../service.ts';
import { startOf } from './start-position.ts';

/** Moves all partitions of the group and frees them; earlier cursors go on reading there, and commit nothing they had read before. */
export async function updateGroup(service: Service, request: OperationRequest): Promise<Answer> {
  const details = parseBody(updateGroupDetails, request.body);
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const name = request.pathParameter('groupName');
  const start = await startOf(details, stream, service.engine);
  const { answer } = await service.groups.submit(stream.id, { v: 1, kind: 'RESET', streamId: stream.id, name, start });
  if (answer.kind === 'void') throw notFound();
  return { status: 200 };
}
