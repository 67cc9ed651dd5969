// The data plane: the eight operations that put, read and share out messages.
import { header } from 'millrace-protocol';
import { type ApiClient, type CallOptions, encodeDetails, pathValue } from './api-client.ts';
import { type ClientOptions, composeClient } from './compose.ts';
import type { ClientConfig } from './config/client-config.ts';
import type { ReceivedMessage } from './consumer/received-message.ts';
import {
  type Decode,
  decodeCursor,
  decodeGroup,
  decodeMessages,
  decodeNothing,
  decodePutResult,
  decodeReceived,
  receivedTypes,
} from './decode.ts';
import type {
  CreateCursorDetails,
  CreateGroupCursorDetails,
  Cursor,
  Group,
  Message,
  PutMessagesDetails,
  PutMessagesResult,
  UpdateGroupDetails,
} from './models.ts';
import { encodePutBody } from './put-body.ts';
import type { Response } from './response.ts';

/** What getMessages takes beside the cursor. */
export interface GetMessagesOptions extends CallOptions {
  /** At most this many messages: 1 to 10,000. Without it the service answers what fits into its own bound of bytes. */
  readonly limit?: number | undefined;
  /** Millrace's own: how long the service may wait for a first message, 0 to 30,000 ms. OCI ignores it. */
  readonly waitMs?: number | undefined;
  /**
   * Called with a success before its messages have come: `nextCursor` is there, so that the next read can begin meanwhile. Once for each
   * attempt that gets so far, even if it fails then. A transport of your own may not call it.
   */
  readonly onHead?: ((head: Response<undefined>) => void) | undefined;
}

/**
 * Puts and reads messages of the streams of one endpoint: the `messagesEndpoint` of a stream. Every call rejects with
 * `ServiceError` when the service refuses it, with `ConnectionError` or `TimeoutError` when there is no answer, and with
 * `TypeError`, before anything is sent, when an argument cannot be right.
 */
export class StreamClient implements AsyncDisposable {
  readonly #api: ApiClient;

  /** Throws `InvalidConfig`, the signer's errors about keys, and `TypeError` or `RangeError` for options. */
  constructor(config: ClientConfig, options?: ClientOptions) {
    this.#api = composeClient(config, options);
  }

  /** Base URL of the requests, base path included. */
  get endpoint(): string {
    return this.#api.endpoint;
  }

  /**
   * Commits what the group cursor's consumer has read, and keeps its partitions for another timeout. Answers the cursor to go
   * on with.
   */
  consumerCommit(streamId: string, cursor: string, options?: CallOptions): Promise<Response<Cursor>> {
    return this.#withGroupCursor('ConsumerCommit', streamId, cursor, options);
  }

  /** Keeps the partitions of the group cursor's consumer for another timeout. Answers the cursor to go on with. */
  consumerHeartbeat(streamId: string, cursor: string, options?: CallOptions): Promise<Response<Cursor>> {
    return this.#withGroupCursor('ConsumerHeartbeat', streamId, cursor, options);
  }

  /** A cursor for one partition. */
  async createCursor(streamId: string, createCursorDetails: CreateCursorDetails, options?: CallOptions): Promise<Response<Cursor>> {
    const path = { streamId: pathValue('streamId', streamId) };
    return await this.#api.send({
      operation: 'CreateCursor',
      path,
      body: encodeDetails('createCursorDetails', createCursorDetails),
      decode: decodeCursor,
      options,
    });
  }

  /** A cursor that shares the stream's partitions with the other consumers of its group; makes the group if there is none. */
  async createGroupCursor(
    streamId: string,
    createGroupCursorDetails: CreateGroupCursorDetails,
    options?: CallOptions,
  ): Promise<Response<Cursor>> {
    const path = { streamId: pathValue('streamId', streamId) };
    const body = encodeDetails('createGroupCursorDetails', createGroupCursorDetails);
    return await this.#api.send({ operation: 'CreateGroupCursor', path, body, decode: decodeCursor, options });
  }

  /** Who holds which partition of a group, and how far it is committed. */
  async getGroup(streamId: string, groupName: string, options?: CallOptions): Promise<Response<Group>> {
    const path = { streamId: pathValue('streamId', streamId), groupName: pathValue('groupName', groupName) };
    return await this.#api.send({ operation: 'GetGroup', path, decode: decodeGroup, options });
  }

  /** Messages from a cursor on, in offset order; none at the end of the partition. Go on with `nextCursor`, which is always there. */
  async getMessages(streamId: string, cursor: string, options?: GetMessagesOptions): Promise<Response<Message[]>> {
    return await this.#read(streamId, cursor, options, { decode: decodeMessages });
  }

  /**
   * The same as `getMessages` with messages as readers and consumers give them out: bytes, text or JSON.
   */
  async receiveMessages(streamId: string, cursor: string, options?: GetMessagesOptions): Promise<Response<ReceivedMessage[]>> {
    return await this.#read(streamId, cursor, options, { decode: decodeReceived, accept: receivedTypes });
  }

  /**
   * Puts messages; equal keys go to the same partition and keep their order. Resolves also when some were refused: look at
   * `failures`. When the call fails with `effect` `'unknown'`, messages may have been stored.
   */
  async putMessages(streamId: string, putMessagesDetails: PutMessagesDetails, options?: CallOptions): Promise<Response<PutMessagesResult>> {
    const path = { streamId: pathValue('streamId', streamId) };
    const body = encodePutBody(putMessagesDetails);
    return await this.#api.send({ operation: 'PutMessages', path, body, decode: decodePutResult, options });
  }

  /** Sets a group back, or forward, to a place from which its consumers read on. */
  async updateGroup(
    streamId: string,
    groupName: string,
    updateGroupDetails: UpdateGroupDetails,
    options?: CallOptions,
  ): Promise<Response<undefined>> {
    const path = { streamId: pathValue('streamId', streamId), groupName: pathValue('groupName', groupName) };
    return await this.#api.send({
      operation: 'UpdateGroup',
      path,
      body: encodeDetails('updateGroupDetails', updateGroupDetails),
      decode: decodeNothing,
      options,
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

  async #read<Data>(
    streamId: string,
    cursor: string,
    options: GetMessagesOptions | undefined,
    { decode, accept }: { readonly decode: Decode<Data>; readonly accept?: string },
  ): Promise<Response<Data>> {
    return await this.#api.send({
      operation: 'GetMessages',
      path: { streamId: pathValue('streamId', streamId) },
      query: { cursor, limit: options?.limit },
      headers: { accept, [header.waitMs]: options?.waitMs?.toString() },
      decode,
      onHead: options?.onHead,
      options,
      optionNames: ['limit', 'waitMs', 'onHead'],
    });
  }

  async #withGroupCursor(
    operation: 'ConsumerCommit' | 'ConsumerHeartbeat',
    streamId: string,
    cursor: string,
    options: CallOptions | undefined,
  ): Promise<Response<Cursor>> {
    const path = { streamId: pathValue('streamId', streamId) };
    return await this.#api.send({ operation, path, query: { cursor }, decode: decodeCursor, options });
  }
}
