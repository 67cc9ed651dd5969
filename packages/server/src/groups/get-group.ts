// GetGroup: stream is active, the group, its reservations.
import type { Group } from 'millrace-protocol/shapes';
import { notFound } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { reservationOf } from './reservation.ts';

export async function getGroup(service: Service, request: OperationRequest): Promise<Answer> {
  const stream = service.catalogue.activeStream(request.pathParameter('streamId'));
  const groupName = request.pathParameter('groupName');
  const found = await service.groups.find(stream.id, groupName);
  if (found === undefined) throw notFound();
  const { group, now } = found;
  const reservations = group.partitions.map((_, partition) => reservationOf(group, partition, now));
  const body: Group = { streamId: stream.id, groupName, reservations };
  return { status: 200, body };
}
