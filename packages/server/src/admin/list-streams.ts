// ListStreams: those of a compartment or of a pool, filtered, sorted, a page at a time.
import { header, limits } from 'millrace-protocol';
import { lifecycleStates } from 'millrace-protocol/shapes';
import { invalid } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { missing } from '../parameters.ts';
import type { Query } from '../query.ts';
import type { Service } from '../service.ts';
import type { StreamRecord } from './catalogue-state.ts';
import { pageOf, type SortPosition } from './page.ts';
import { streamSummary } from './stream-view.ts';

export async function listStreams(service: Service, request: OperationRequest): Promise<Answer> {
  const isWanted = filterOf(request.query);
  const { sortBy, order } = sortingOf(request.query);
  const limit = request.query.integer('limit', limits.listLimit) ?? limits.listLimit.default;
  const token = request.query.text('page', limits.page);
  const streams = service.catalogue.streams(service.clock.now()).filter(isWanted);
  const { items, next } = pageOf(streams, positionBy(sortBy), order, limit, token);
  return {
    status: 200,
    headers: next === undefined ? {} : { [header.nextPage]: next },
    body: items.map((stream) => streamSummary(stream, request.origin)),
  };
}

function filterOf(query: Query): (stream: StreamRecord) => boolean {
  const compartmentId = query.text('compartmentId', limits.compartmentId);
  const streamPoolId = query.text('streamPoolId', limits.compartmentId);
  if (compartmentId === undefined && streamPoolId === undefined) throw missing('compartmentId or streamPoolId');
  if (compartmentId !== undefined && streamPoolId !== undefined) {
    throw invalid('compartmentId and streamPoolId: expected one of them, got both.');
  }
  const id = query.text('id', limits.name);
  const names = query.readings('name', limits.name);
  const lifecycleState = query.choice('lifecycleState', lifecycleStates);
  return (stream) =>
    (compartmentId === undefined || stream.compartmentId === compartmentId) &&
    (streamPoolId === undefined || stream.streamPoolId === streamPoolId) &&
    (id === undefined || stream.id === id) &&
    (names.length === 0 || names.includes(stream.name)) &&
    (lifecycleState === undefined || stream.lifecycleState === lifecycleState);
}

/** By time of creation, newest first, unless the query says otherwise; by name from A to Z. */
function sortingOf(query: Query): { sortBy: 'NAME' | 'TIMECREATED'; order: 'ASC' | 'DESC' } {
  const sortBy = query.choice('sortBy', ['NAME', 'TIMECREATED']) ?? 'TIMECREATED';
  const order = query.choice('sortOrder', ['ASC', 'DESC']) ?? (sortBy === 'TIMECREATED' ? 'DESC' : 'ASC');
  return { sortBy, order };
}

function positionBy(sortBy: 'NAME' | 'TIMECREATED'): (stream: StreamRecord) => SortPosition {
  // The number rises with the time of creation and, unlike it, is never the same twice.
  return sortBy === 'NAME' ? ({ name, id }) => ({ key: name, id }) : ({ number, id }) => ({ key: number, id });
}
