// The operations of pools and connect harnesses; with those of streams they are all there are. A module of their own, since our client does
// not call them: a page that loads it need not load them.
import { type Operation, row, type StreamOperationName, streamOperations } from './operations.ts';

/** Those of pools and connect harnesses. */
type PoolOperationName =
  | 'ListStreamPools'
  | 'CreateStreamPool'
  | 'GetStreamPool'
  | 'UpdateStreamPool'
  | 'DeleteStreamPool'
  | 'ChangeStreamPoolCompartment'
  | 'ListConnectHarnesses'
  | 'CreateConnectHarness'
  | 'GetConnectHarness'
  | 'UpdateConnectHarness'
  | 'DeleteConnectHarness'
  | 'ChangeConnectHarnessCompartment';

/** Every operation of the API, also those that are answered 501 so far, and Millrace's own. */
export type OperationName = StreamOperationName | PoolOperationName;

const poolOperations: Readonly<Record<PoolOperationName, Operation>> = {
  ListStreamPools: row('GET', '/streampools'),
  CreateStreamPool: row('POST', '/streampools'),
  GetStreamPool: row('GET', '/streampools/{streamPoolId}'),
  UpdateStreamPool: row('PUT', '/streampools/{streamPoolId}'),
  DeleteStreamPool: row('DELETE', '/streampools/{streamPoolId}'),
  ChangeStreamPoolCompartment: row('POST', '/streampools/{streamPoolId}/actions/changeCompartment'),

  ListConnectHarnesses: row('GET', '/connectharnesses'),
  CreateConnectHarness: row('POST', '/connectharnesses'),
  GetConnectHarness: row('GET', '/connectharnesses/{connectHarnessId}'),
  UpdateConnectHarness: row('PUT', '/connectharnesses/{connectHarnessId}'),
  DeleteConnectHarness: row('DELETE', '/connectharnesses/{connectHarnessId}'),
  ChangeConnectHarnessCompartment: row('POST', '/connectharnesses/{connectHarnessId}/actions/changeCompartment'),
};

/** All of them by name, in the order of the API's documents. */
export const operations: Readonly<Record<OperationName, Operation>> = { ...streamOperations, ...poolOperations };
