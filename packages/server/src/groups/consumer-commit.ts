// ConsumerCommit: cursor, COMMIT, answer with the cursor to go on with.
import type { Answer, OperationRequest } from '../operation.ts';
import type { Service } from '../service.ts';
import { keepAlive } from './keep-alive.ts';

/** Stores what the cursor carries, all or nothing, and extends the instance's reservation. */
export async function consumerCommit(service: Service, request: OperationRequest): Promise<Answer> {
  return await keepAlive(service, request, 'COMMIT');
}
