// StreamAdminClient of oci-streaming, as far as there are operations of ours behind it: streams and work requests.
import { encodeDetails, pathValue } from '../api-client.ts';
import { endpointOf } from '../config/endpoint.ts';
import { Client, type ClientConfiguration, type ClientParams } from './client.ts';
import type * as models from './models.ts';
import { pagesOf, recordsOf } from './pages.ts';
import type { Region } from './provider-signer.ts';
import type * as requests from './requests.ts';
import type * as responses from './responses.ts';
import type { WaiterConfiguration } from './retries.ts';
import { StreamAdminWaiter } from './stream-admin-waiter.ts';

/** Makes, finds, changes and deletes streams. Calls reject with `OciError` or `NoAnswerError`. */
export class StreamAdminClient extends Client {
  readonly targetService = 'StreamAdmin';
  #waiters: StreamAdminWaiter | undefined;

  /** The endpoint is that of the provider's region, if it has one. Throws as `StreamClient` does. */
  constructor(params: ClientParams, clientConfiguration?: ClientConfiguration) {
    super(params, clientConfiguration);
    const provider = params.authenticationDetailsProvider;
    if ('sign' in provider) {
      if (provider.region) this.endpoint = endpointOf(provider.region, provider.realmDomain);
    } else {
      const region = provider.getRegion?.();
      if (region) this.region = region;
    }
  }

  /** The endpoint of this region. */
  set region({ regionId, realm }: Region) {
    this.endpoint = endpointIn(regionId, realm.secondLevelDomain);
  }

  /** The endpoint of the region of this name, such as `eu-frankfurt-1`. */
  set regionId(regionId: string) {
    this.endpoint = endpointIn(regionId);
  }

  /** Waits for streams and work requests. */
  createWaiters(config?: WaiterConfiguration): StreamAdminWaiter {
    this.#waiters = new StreamAdminWaiter(this, config);
    return this.#waiters;
  }

  /** What `createWaiters` gave last; throws if it was not called. */
  getWaiters(): StreamAdminWaiter {
    if (this.#waiters === undefined) throw new Error('There are no waiters: call createWaiters first.');
    return this.#waiters;
  }

  /** The stream is CREATING at first. */
  async createStream(request: requests.CreateStreamRequest): Promise<responses.CreateStreamResponse> {
    const body = encodeDetails('createStreamDetails', request.createStreamDetails);
    return await this.send({ operation: 'CreateStream', request, body, bodyName: 'stream', members: ['opcWorkRequestId', 'etag'] });
  }

  /** A deleted stream can be asked for as well. */
  async getStream(request: requests.GetStreamRequest): Promise<responses.GetStreamResponse> {
    return await this.send({ operation: 'GetStream', request, path: streamPath(request), bodyName: 'stream', members: ['etag'] });
  }

  /** Changes tags. */
  async updateStream(request: requests.UpdateStreamRequest): Promise<responses.UpdateStreamResponse> {
    const body = encodeDetails('updateStreamDetails', request.updateStreamDetails);
    const sent = { path: streamPath(request), headers: { 'if-match': request.ifMatch }, body };
    return await this.send({ operation: 'UpdateStream', request, ...sent, bodyName: 'stream', members: ['opcWorkRequestId', 'etag'] });
  }

  /** Deletes a stream and all its messages. */
  async deleteStream(request: requests.DeleteStreamRequest): Promise<responses.DeleteStreamResponse> {
    const sent = { path: streamPath(request), headers: { 'if-match': request.ifMatch } };
    return await this.send({ operation: 'DeleteStream', request, ...sent, members: ['opcWorkRequestId'] });
  }

  /** One page; go on with `opcNextPage`. */
  async listStreams(request: requests.ListStreamsRequest): Promise<responses.ListStreamsResponse> {
    const { compartmentId, streamPoolId, id, name, limit, page, sortBy, sortOrder, lifecycleState } = request;
    const query = { compartmentId, streamPoolId, id, name, limit, page, sortBy, sortOrder, lifecycleState };
    return await this.send({ operation: 'ListStreams', request, query, bodyName: 'items', members: ['opcNextPage', 'opcPrevPage'] });
  }

  /** Every stream, page after page. */
  listStreamsRecordIterator(request: requests.ListStreamsRequest): AsyncGenerator<models.StreamSummary, void, undefined> {
    return recordsOf((asked) => this.listStreams(asked), request);
  }

  /** Every page. */
  listStreamsResponseIterator(request: requests.ListStreamsRequest): AsyncGenerator<responses.ListStreamsResponse, void, undefined> {
    return pagesOf((asked) => this.listStreams(asked), request);
  }

  /** The older name of `listStreamsRecordIterator`. */
  listAllStreams(request: requests.ListStreamsRequest): AsyncGenerator<models.StreamSummary, void, undefined> {
    return this.listStreamsRecordIterator(request);
  }

  /** The older name of `listStreamsResponseIterator`. */
  listAllStreamsResponses(request: requests.ListStreamsRequest): AsyncGenerator<responses.ListStreamsResponse, void, undefined> {
    return this.listStreamsResponseIterator(request);
  }

  /** How far a change is. */
  async getWorkRequest(request: requests.GetWorkRequestRequest): Promise<responses.GetWorkRequestResponse> {
    const path = { workRequestId: pathValue('workRequestId', request.workRequestId) };
    return await this.send({ operation: 'GetWorkRequest', request, path, bodyName: 'workRequest' });
  }

  /** One page; go on with `opcNextPage`. */
  async listWorkRequests(request: requests.ListWorkRequestsRequest): Promise<responses.ListWorkRequestsResponse> {
    const { workRequestId, compartmentId, page, limit, sortOrder, sortBy, resourceId } = request;
    const query = { workRequestId, compartmentId, page, limit, sortOrder, sortBy, resourceId };
    const bodyName = 'workRequestSummaryCollection';
    return await this.send({ operation: 'ListWorkRequests', request, query, bodyName, members: ['opcNextPage', 'opcPrevPage'] });
  }
}

/** A region that is a domain is led to by another name than in the Python SDK, whose way is that of our own clients. */
function endpointIn(regionId: string, realmDomain?: string): string {
  return regionId.includes('.') ? `https://streaming.${regionId}` : endpointOf(regionId, realmDomain);
}

function streamPath({ streamId }: { readonly streamId: string }): { readonly streamId: string } {
  return { streamId: pathValue('streamId', streamId) };
}
