// DeleteStream: the messages are gone and the name is free when it is answered; the record stays for 90 days.
import { header } from 'millrace-protocol';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { ifMatchOf } from './if-match.ts';

export async function deleteStream(service: Service, request: OperationRequest): Promise<Answer> {
  const { workRequestId } = await service.catalogue.deleteStream(request.pathParameter('streamId'), ifMatchOf(request));
  return { status: 204, headers: { [header.workRequestId]: workRequestId } };
}
