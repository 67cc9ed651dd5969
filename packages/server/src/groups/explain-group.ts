// ExplainGroup, an extension: all that is known of a group, and for each instance what its next read gets, or why nothing.
import { formatTime } from 'millrace-protocol';
import type { GroupExplanation, InstanceExplanation, PartitionExplanation } from 'millrace-protocol/shapes';
import { notFound } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { explainInstance } from './explain-instance.ts';
import { type Group, hasRunOut, type Instance, isLive } from './group.ts';
import { lagSecondsOf, lagsOf } from './lag.ts';
import { reservationOf } from './reservation.ts';

export async function explainGroup({ catalogue, groups, engine }: Service, request: OperationRequest): Promise<Answer> {
  const stream = catalogue.activeStream(request.pathParameter('streamId'));
  const groupName = request.pathParameter('groupName');
  const found = await groups.find(stream.id, groupName);
  if (found === undefined) throw notFound();
  const { group, now } = found;
  const lags = await lagsOf(engine, stream, group);
  const partitions: PartitionExplanation[] = [];
  for (const [index, lag] of lags.entries()) {
    const lagSeconds = await lagSecondsOf(engine, stream, index, lag, now);
    partitions.push({ ...reservationOf(group, index, now), ...lag, lagSeconds });
  }
  const instances = [...group.instances.values()].map((instance) => showInstance(group, instance, partitions, now));
  const live = [...group.instances.values()].filter((instance) => isLive(instance, now));
  const nextExpiryMs = Math.min(...live.map(({ reservedUntilMs }) => reservedUntilMs));
  const body: GroupExplanation = {
    streamId: stream.id,
    groupName,
    timeLastUsed: formatTime(group.lastUsedMs),
    ...(live.length === 0 ? {} : { timeNextExpiry: formatTime(nextExpiryMs) }),
    partitions,
    instances,
  };
  return { status: 200, body };
}

function showInstance(group: Group, instance: Instance, partitions: readonly PartitionExplanation[], now: number): InstanceExplanation {
  const { name, commitOnGet, timeoutMs, reservedUntilMs, epoch, hasPolled } = instance;
  const held = group.partitions.flatMap(({ holder }, index) => (holder === epoch ? [index] : []));
  return {
    instanceName: name,
    state: hasRunOut(instance, now) ? 'RAN_OUT' : hasPolled ? 'LIVE' : 'JOINED',
    commitOnGet,
    timeoutInMs: timeoutMs,
    timeReservedUntil: formatTime(reservedUntilMs),
    partitions: held.map(String),
    explanation: explainInstance(group, instance, held, partitions, now),
  };
}
