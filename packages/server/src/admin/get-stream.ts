// GetStream: any state, deleted ones included while their record is kept (SDK waiters for DELETED read it once more).
import { header } from 'millrace-protocol';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { etagOf } from './catalogue-state.ts';
import { streamView } from './stream-view.ts';

export async function getStream(service: Service, request: OperationRequest): Promise<Answer> {
  const stream = service.catalogue.stream(request.pathParameter('streamId'), service.clock.now());
  return { status: 200, headers: { [header.etag]: etagOf(stream) }, body: streamView(stream, request.origin) };
}
