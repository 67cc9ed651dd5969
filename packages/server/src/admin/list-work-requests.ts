// ListWorkRequests: by compartment, resource or id, newest first, a page at a time.
import { header, limits } from 'millrace-protocol';
import type { Answer, OperationRequest } from '../operation.ts';
import { missing } from '../parameters.ts';
import type { Service } from '../service.ts';
import { pageOf } from './page.ts';
import { workRequestView } from './work-request-view.ts';

export async function listWorkRequests(service: Service, request: OperationRequest): Promise<Answer> {
  const { query } = request;
  const id = query.text('workRequestId', limits.pathId);
  const compartmentId = query.text('compartmentId', limits.compartmentId);
  const resourceId = query.text('resourceId', limits.pathId);
  if (id === undefined && compartmentId === undefined && resourceId === undefined)
    throw missing('compartmentId, resourceId or workRequestId');
  query.choice('sortBy', ['TIMEACCEPTED']);
  const order = query.choice('sortOrder', ['ASC', 'DESC']) ?? 'DESC';
  const limit = query.integer('limit', limits.listLimit) ?? limits.listLimit.default;
  const token = query.text('page', limits.page);
  const wanted = service.catalogue
    .workRequests(service.clock.now())
    .filter((work) => (id === undefined || work.id === id) && (compartmentId === undefined || work.compartmentId === compartmentId))
    .filter((work) => resourceId === undefined || work.streamId === resourceId);
  const { items, next } = pageOf(wanted, ({ number, id: workRequestId }) => ({ key: number, id: workRequestId }), order, limit, token);
  return { status: 200, headers: next === undefined ? {} : { [header.nextPage]: next }, body: { items: items.map(workRequestView) } };
}
