// GetWorkRequest: what SDK waiters, the `oci` command and Terraform poll after every change.
import { notFound } from '../api-error.ts';
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { workRequestView } from './work-request-view.ts';

export async function getWorkRequest(service: Service, request: OperationRequest): Promise<Answer> {
  const workRequest = service.catalogue.workRequest(request.pathParameter('workRequestId'), service.clock.now());
  if (workRequest === undefined) throw notFound();
  return { status: 200, body: workRequestView(workRequest) };
}
