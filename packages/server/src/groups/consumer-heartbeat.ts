// ConsumerHeartbeat: cursor, HEARTBEAT, answer with the cursor to go on with.
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { keepAlive } from './keep-alive.ts';

/** Extends the instance's reservation. */
export async function consumerHeartbeat(service: Service, request: OperationRequest): Promise<Answer> {
  return await keepAlive(service, request, 'HEARTBEAT');
}
