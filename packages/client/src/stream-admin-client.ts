// The admin plane, as far as the service supports it: streams and the work requests behind their changes.
import { header } from 'millrace-protocol';
import { type ApiClient, type CallOptions, encodeDetails, pathValue } from './api-client.ts';
import { type ClientOptions, composeClient } from './compose.ts';
import type { ClientConfig } from './config/client-config.ts';
import { decodeNothing, decodeStream, decodeStreams, decodeWorkRequest, decodeWorkRequests } from './decode.ts';
import type { CreateStreamDetails, LifecycleState, Stream, StreamSummary, UpdateStreamDetails, WorkRequest } from './models.ts';
import type { Response } from './response.ts';

/** What a list takes (OCI Streaming API 20180418). */
export interface ListOptions extends CallOptions {
  /** Entries a page: 1 to 50, 10 if not given. */
  readonly limit?: number | undefined;
  /** `nextPage` of the answer before. */
  readonly page?: string | undefined;
  /** Rising or falling; the default depends on the list. */
  readonly sortOrder?: 'ASC' | 'DESC' | undefined;
}

/** Exactly one of `compartmentId` and `streamPoolId`; the other members narrow the list (OCI Streaming API 20180418). */
export interface ListStreamsOptions extends ListOptions {
  /** Streams of the compartment, whatever their pools. */
  readonly compartmentId?: string | undefined;
  readonly streamPoolId?: string | undefined;
  /** Only the stream with this OCID. */
  readonly id?: string | undefined;
  /** Only streams whose whole name this is, case included. */
  readonly name?: string | undefined;
  readonly lifecycleState?: LifecycleState | undefined;
  readonly sortBy?: 'NAME' | 'TIMECREATED' | undefined;
}

/** At least one of `compartmentId`, `resourceId` and `workRequestId` (OCI Streaming API 20180418). */
export interface ListWorkRequestsOptions extends ListOptions {
  readonly compartmentId?: string | undefined;
  /** Only what was done to the stream with this OCID. */
  readonly resourceId?: string | undefined;
  readonly workRequestId?: string | undefined;
}

/** What a change takes. */
export interface ChangeOptions extends CallOptions {
  /** An `etag`, up to 255 characters: the change is refused with 412 if the stream has another one by now. */
  readonly ifMatch?: string | undefined;
}

const listNames = ['limit', 'page', 'sortOrder'] as const;
const listStreamsNames = [...listNames, 'compartmentId', 'streamPoolId', 'id', 'name', 'lifecycleState', 'sortBy'] as const;
const listWorkRequestsNames = [...listNames, 'compartmentId', 'resourceId', 'workRequestId'] as const;

/** Makes, finds, changes and deletes streams. Its calls reject as those of `StreamClient` do. */
export class StreamAdminClient implements AsyncDisposable {
  readonly #api: ApiClient;

  /** Throws `InvalidConfig`, the signer's errors about keys, and `TypeError` or `RangeError` for options. */
  constructor(config: ClientConfig, options?: ClientOptions) {
    this.#api = composeClient(config, options);
  }

  /** Base URL of the requests, base path included. */
  get endpoint(): string {
    return this.#api.endpoint;
  }

  /** The stream is CREATING at first: ask for it, or for the work request of `opc-work-request-id`, until it is ACTIVE. */
  async createStream(createStreamDetails: CreateStreamDetails, options?: CallOptions): Promise<Response<Stream>> {
    return await this.#api.send({
      operation: 'CreateStream',
      body: encodeDetails('createStreamDetails', createStreamDetails),
      decode: decodeStream,
      options,
    });
  }

  /** A deleted stream can be asked for as well, for 90 days. */
  async getStream(streamId: string, options?: CallOptions): Promise<Response<Stream>> {
    return await this.#api.send({ operation: 'GetStream', path: streamPath(streamId), decode: decodeStream, options });
  }

  /** One page; go on with `nextPage`. */
  async listStreams(options: ListStreamsOptions): Promise<Response<StreamSummary[]>> {
    const query = pick(options, listStreamsNames);
    return await this.#api.send({ operation: 'ListStreams', query, decode: decodeStreams, options, optionNames: listStreamsNames });
  }

  /** Changes tags. */
  async updateStream(streamId: string, updateStreamDetails: UpdateStreamDetails, options?: ChangeOptions): Promise<Response<Stream>> {
    const body = encodeDetails('updateStreamDetails', updateStreamDetails);
    return await this.#api.send({
      operation: 'UpdateStream',
      path: streamPath(streamId),
      body,
      decode: decodeStream,
      ...conditional(options),
    });
  }

  /** Deletes a stream and all its messages. */
  async deleteStream(streamId: string, options?: ChangeOptions): Promise<Response<undefined>> {
    return await this.#api.send({ operation: 'DeleteStream', path: streamPath(streamId), decode: decodeNothing, ...conditional(options) });
  }

  /** How far a change is; its id is the header `opc-work-request-id` of the change. */
  async getWorkRequest(workRequestId: string, options?: CallOptions): Promise<Response<WorkRequest>> {
    const path = { workRequestId: pathValue('workRequestId', workRequestId) };
    return await this.#api.send({ operation: 'GetWorkRequest', path, decode: decodeWorkRequest, options });
  }

  /** One page, newest first unless told; go on with `nextPage`. */
  async listWorkRequests(options: ListWorkRequestsOptions): Promise<Response<WorkRequest[]>> {
    const query = pick(options, listWorkRequestsNames);
    return await this.#api.send({
      operation: 'ListWorkRequests',
      query,
      decode: decodeWorkRequests,
      options,
      optionNames: listWorkRequestsNames,
    });
  }

  /** Ends the connections the client keeps, as soon as the calls on them are done. A transport that was given stays as it is. */
  close(): void {
    this.#api.close();
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function streamPath(streamId: string): { readonly streamId: string } {
  return { streamId: pathValue('streamId', streamId) };
}

function conditional(options: ChangeOptions | undefined) {
  return { headers: { [header.ifMatch]: options?.ifMatch }, options, optionNames: ['ifMatch'] };
}

function pick<Names extends string>(
  from: Readonly<Partial<Record<Names, string | number | undefined>>>,
  names: readonly Names[],
): Record<string, string | number | undefined> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
