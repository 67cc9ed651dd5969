// millrace-client/oci: the names, objects and errors of the official npm package oci-streaming, on this client.
export type { ClientConfiguration, ClientParams } from './client.ts';
export * as models from './models.ts';
export { NoAnswerError, OciError } from './oci-error.ts';
export type { AuthenticationDetailsProvider, Region } from './provider-signer.ts';
export * as requests from './requests.ts';
export * as responses from './responses.ts';
export type { RetryConfiguration, WaitContext, WaiterConfiguration } from './retries.ts';
export { StreamAdminClient } from './stream-admin-client.ts';
export { StreamAdminWaiter } from './stream-admin-waiter.ts';
export { StreamClient } from './stream-client.ts';
