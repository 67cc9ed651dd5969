// UpdateStream: replaces the tags that are given.
import { header } from 'millrace-protocol';
import { updateStreamDetails } from 'millrace-protocol/shapes';
import { ApiError } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import { parseBody } from '../parse-body.ts';
import type { Service } from '../service.ts';
import { etagOf } from './catalogue-state.ts';
import { ifMatchOf } from './if-match.ts';
import { streamView } from './stream-view.ts';

export async function updateStream(service: Service, request: OperationRequest): Promise<Answer> {
  const { streamPoolId, ...tags } = parseBody(updateStreamDetails, request.body);
  const id = request.pathParameter('streamId');
  const current = service.catalogue.stream(id, service.clock.now());
  if (streamPoolId !== undefined && streamPoolId !== current.streamPoolId) {
    throw new ApiError('MethodNotImplemented', 'Streams cannot be moved to another stream pool yet.');
  }
  const { stream, workRequestId } = await service.catalogue.updateStream(id, tags, ifMatchOf(request));
  return {
    status: 200,
    headers: { [header.etag]: etagOf(stream), [header.workRequestId]: workRequestId },
    body: streamView(stream, request.origin),
  };
}
