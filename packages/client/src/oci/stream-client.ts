// StreamClient of oci-streaming: the same methods, which take and answer the same objects.
import { encodeDetails, pathValue } from '../api-client.ts';
import { encodePutBody } from '../put-body.ts';
import { Client } from './client.ts';
import type * as requests from './requests.ts';
import type * as responses from './responses.ts';

/** Puts and reads messages, once its `endpoint` is set: the `messagesEndpoint` of a stream. Calls reject with `OciError` or `NoAnswerError`. */
export class StreamClient extends Client {
  readonly targetService = 'Stream';

  /** Commits what the group cursor's consumer has read. */
  async consumerCommit(request: requests.ConsumerCommitRequest): Promise<responses.ConsumerCommitResponse> {
    const { cursor } = request;
    return await this.send({ operation: 'ConsumerCommit', request, path: streamPath(request), query: { cursor }, bodyName: 'cursor' });
  }

  /** Keeps the partitions of the group cursor's consumer for another timeout. */
  async consumerHeartbeat(request: requests.ConsumerHeartbeatRequest): Promise<responses.ConsumerHeartbeatResponse> {
    const { cursor } = request;
    return await this.send({ operation: 'ConsumerHeartbeat', request, path: streamPath(request), query: { cursor }, bodyName: 'cursor' });
  }

  /** A cursor for one partition. */
  async createCursor(request: requests.CreateCursorRequest): Promise<responses.CreateCursorResponse> {
    const body = encodeDetails('createCursorDetails', request.createCursorDetails);
    return await this.send({ operation: 'CreateCursor', request, path: streamPath(request), body, bodyName: 'cursor' });
  }

  /** A cursor that shares the stream's partitions with the other consumers of its group. */
  async createGroupCursor(request: requests.CreateGroupCursorRequest): Promise<responses.CreateGroupCursorResponse> {
    const body = encodeDetails('createGroupCursorDetails', request.createGroupCursorDetails);
    return await this.send({ operation: 'CreateGroupCursor', request, path: streamPath(request), body, bodyName: 'cursor' });
  }

  /** Who holds which partition of a group, and how far it is committed. */
  async getGroup(request: requests.GetGroupRequest): Promise<responses.GetGroupResponse> {
    return await this.send({ operation: 'GetGroup', request, path: groupPath(request), bodyName: 'group' });
  }

  /** Messages from a cursor on; go on with `opcNextCursor`. */
  async getMessages(request: requests.GetMessagesRequest): Promise<responses.GetMessagesResponse> {
    const { cursor, limit } = request;
    const query = { cursor, limit };
    return await this.send({
      operation: 'GetMessages',
      request,
      path: streamPath(request),
      query,
      bodyName: 'items',
      members: ['opcNextCursor'],
    });
  }

  /** Puts messages. Not repeated unless a retry configuration says so. */
  async putMessages(request: requests.PutMessagesRequest): Promise<responses.PutMessagesResponse> {
    const body = encodePutBody(request.putMessagesDetails);
    return await this.send({ operation: 'PutMessages', request, path: streamPath(request), body, bodyName: 'putMessagesResult' });
  }

  /** Sets a group to a place from which its consumers read on. */
  async updateGroup(request: requests.UpdateGroupRequest): Promise<responses.UpdateGroupResponse> {
    const body = encodeDetails('updateGroupDetails', request.updateGroupDetails);
    return await this.send({ operation: 'UpdateGroup', request, path: groupPath(request), body });
  }
}

function streamPath({ streamId }: { readonly streamId: string }): { readonly streamId: string } {
  return { streamId: pathValue('streamId', streamId) };
}

function groupPath({ streamId, groupName }: requests.GetGroupRequest): { readonly streamId: string; readonly groupName: string } {
  return { streamId: pathValue('streamId', streamId), groupName: pathValue('groupName', groupName) };
}
