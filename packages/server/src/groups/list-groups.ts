// ListGroups, an extension: the groups of a stream and how far each is behind. At most 50, so in one page.
import { formatTime } from 'millrace-protocol';
import type { GroupSummary } from 'millrace-protocol/shapes';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { isLive } from './group.ts';
import { lagsOf, totalLag } from './lag.ts';

export async function listGroups({ catalogue, groups: all, engine }: Service, request: OperationRequest): Promise<Answer> {
  const stream = catalogue.activeStream(request.pathParameter('streamId'));
  const { groups, now } = await all.list(stream.id);
  const body: GroupSummary[] = [];
  for (const group of groups) {
    const { name: groupName, instances, lastUsedMs } = group;
    const lagMessages = totalLag(await lagsOf(engine, stream, group));
    const liveInstances = [...instances.values()].filter((instance) => isLive(instance, now)).length;
    body.push({ streamId: stream.id, groupName, lagMessages, liveInstances, timeLastUsed: formatTime(lastUsedMs) });
  }
  return { status: 200, body };
}
