// What the two clients have in common: they are made alike, and a call takes one object and answers one.
import type { StreamOperationName } from 'millrace-protocol';
import { streamOperations } from 'millrace-protocol';
import { type ApiClient, type Call, targetOf } from '../api-client.ts';
import { bodyText } from '../body-text.ts';
import { composeClient } from '../compose.ts';
import type { RequestSigner } from '../http.ts';
import { NodeTransport } from '../node-transport.ts';
import type { Response } from '../response.ts';
import { systemEnvironment } from '../retry/environment.ts';
import { type FailedCall, failureOf } from './oci-error.ts';
import { type AuthenticationDetailsProvider, signerOf } from './provider-signer.ts';
import type { BaseRequest } from './requests.ts';
import { Retries, type RetryConfiguration, wholeConfiguration } from './retries.ts';

/** What a client is made of. */
export interface ClientParams {
  /** A provider of oci-common, or a signer of millrace-client. */
  authenticationDetailsProvider: AuthenticationDetailsProvider | RequestSigner;
}

/** What else can be said of a client. */
export interface ClientConfiguration {
  /** For all calls; what it leaves open is as without it. */
  retryConfiguration?: RetryConfiguration | undefined;
  /** Without effect: there is no circuit breaker. */
  circuitBreaker?: object | undefined;
  /** Without effect. */
  bodyDuplexMode?: unknown;
}

/** Members of an answer by the header that they come from. */
const headerOf = {
  opcRequestId: 'opc-request-id',
  opcWorkRequestId: 'opc-work-request-id',
  opcNextCursor: 'opc-next-cursor',
  opcNextPage: 'opc-next-page',
  opcPrevPage: 'opc-prev-page',
  etag: 'etag',
} as const;

/** One call: what is sent, and what the answer's body and headers are called. */
export interface OfficialCall extends Pick<Call<unknown>, 'path' | 'query' | 'headers' | 'body'> {
  readonly operation: StreamOperationName;
  readonly request: BaseRequest;
  /** Name of the answer's body; undefined if it has none. */
  readonly bodyName?: string;
  /** Beside `opcRequestId`. */
  readonly members?: readonly (keyof typeof headerOf)[];
}

/** The client of oci-streaming, less what one of the two clients has by itself. */
export abstract class Client {
  /** `Stream` or `StreamAdmin`, as errors name it. */
  abstract readonly targetService: string;
  readonly #provider: AuthenticationDetailsProvider | RequestSigner;
  readonly #signer: RequestSigner;
  readonly #retryConfiguration: RetryConfiguration;
  readonly #transport = new NodeTransport();
  #api: ApiClient | undefined;

  /** Throws `TypeError` for what it does not know, and what is wrong with the provider's key. */
  constructor(params: ClientParams, clientConfiguration: ClientConfiguration = {}) {
    refuseUnknown('The client', params, ['authenticationDetailsProvider']);
    refuseUnknown('clientConfiguration', clientConfiguration, ['retryConfiguration', 'circuitBreaker', 'bodyDuplexMode']);
    this.#provider = params.authenticationDetailsProvider;
    this.#signer = signerOf(this.#provider);
    this.#retryConfiguration = clientConfiguration.retryConfiguration ?? {};
  }

  /** With the base path; empty until it is set. */
  get endpoint(): string {
    return this.#api?.endpoint ?? '';
  }

  /** Scheme, host and port. Throws `TypeError`. */
  set endpoint(endpoint: string) {
    this.#api = composeClient({}, { signer: this.#signer, serviceEndpoint: endpoint, transport: this.#transport });
  }

  /** Without effect: no endpoint of this service depends on its realm. */
  set useRealmSpecificEndpointTemplate(_: boolean) {}

  /** Without effect: there is no circuit breaker. */
  shutdownCircuitBreaker(): void {}

  /** Closes the provider, if it can be closed. */
  closeProvider(): void {
    if ('closeProvider' in this.#provider) this.#provider.closeProvider?.();
  }

  /** Ends the connections the client keeps, as soon as the calls on them are done, and closes the provider. */
  close(): void {
    this.#transport.close();
    this.closeProvider();
  }

  /** @internal Rejects with `OciError` or `NoAnswerError`, and with `TypeError` before anything is sent. */
  protected async send<Answer>({ request, bodyName, members = [], ...call }: OfficialCall): Promise<Answer> {
    if (this.#api === undefined) throw new TypeError('The client has no endpoint: set client.endpoint.');
    const failed = this.#failedCall(call, this.#api.endpoint);
    const configuration = wholeConfiguration(call.operation, request.retryConfiguration ?? this.#retryConfiguration);
    const retryStrategy = new Retries(configuration, (error) => failureOf(error, failed), systemEnvironment.clock);
    const options = { retryStrategy, opcRequestId: request.opcRequestId };
    // Read here, behind the attempts: a body that is no JSON is not asked for again.
    const response = await this.#api.send({ ...call, decode: bodyText, options });
    const body = bodyName === undefined ? {} : { [bodyName]: JSON.parse(response.data) as unknown };
    // The caller names what the operation answers, as the specification has it.
    return { ...body, ...headersOf(response, ['opcRequestId', ...members]) } as Answer;
  }

  #failedCall(call: Pick<OfficialCall, 'operation' | 'path' | 'query'>, endpoint: string): FailedCall {
    const { operation } = call;
    return {
      targetService: this.targetService,
      operationName: operation.charAt(0).toLowerCase() + operation.slice(1),
      timestamp: new Date().toISOString(),
      requestEndpoint: `${streamOperations[operation].method} ${endpoint}${targetOf(call)}`,
    };
  }
}

function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  const unknown = Object.entries(given).flatMap(([name, value]) => (value === undefined || known.includes(name) ? [] : [name]));
  if (unknown.length > 0) throw new TypeError(`${what} knows ${known.join(', ')}, got ${unknown.join(', ')}.`);
}

function headersOf({ headers }: Response<unknown>, members: readonly (keyof typeof headerOf)[]): Record<string, string> {
  const found = members.map((member) => [member, headers.get(headerOf[member])] as const);
  return Object.fromEntries(found.flatMap(([member, value]) => (value ? [[member, value]] : [])));
}
