// CreateStream: validate, record, make its log, answer.
import { header, limits } from 'millrace-protocol';
import { createStreamDetails } from 'millrace-protocol/shapes';
import { invalid } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { missing } from '../parameters.ts';
import { parseBody } from '../parse-body.ts';
import type { Service } from '../service.ts';
import { etagOf } from './catalogue-state.ts';
import { streamView } from './stream-view.ts';

export async function createStream(service: Service, request: OperationRequest): Promise<Answer> {
  const details = parseBody(createStreamDetails, request.body);
  const { name, partitions, retentionInHours = limits.retentionHours.default, freeformTags = {}, definedTags = {} } = details;
  const place = placeOf(details.compartmentId, details.streamPoolId);
  const { stream, workRequestId } = await service.catalogue.createStream({
    name,
    partitions,
    retentionInHours,
    freeformTags,
    definedTags,
    ...place,
  });
  return {
    status: 200,
    headers: { [header.etag]: etagOf(stream), [header.workRequestId]: workRequestId },
    body: streamView(stream, request.origin),
  };
}

/** Exactly one of the two says where the stream goes. */
function placeOf(
  compartmentId: string | undefined,
  streamPoolId: string | undefined,
): { compartmentId: string } | { streamPoolId: string } {
  if (compartmentId !== undefined && streamPoolId !== undefined) {
    throw invalid('compartmentId and streamPoolId: expected one of them, got both.');
  }
  if (streamPoolId !== undefined) return { streamPoolId };
  if (compartmentId === undefined) throw missing('compartmentId or streamPoolId');
  return { compartmentId };
}
