// Connections that read into one buffer. Node makes a buffer of 64 KiB for each piece it reads, and node:http copies what is in it: a
// reader at full speed leaves so much memory behind that the whole heap is marked ten times a second, which took half of its time.
import type { Agent } from 'node:http';

/**
 * What a system call reads at most. Shared by all connections, whose listener, node:http, copies what it wants to keep before it
 * returns; all but the `rawPacket` of an error, see `withoutSharedBytes`.
 */
const buffer: Uint8Array = Buffer.allocUnsafeSlow(64 * 1024);

/** An error of node:http about bytes that are no HTTP has the buffer they are in: the next answer, of whatever server, is read into it. */
export function withoutSharedBytes<Failure extends Error & { rawPacket?: unknown }>(error: Failure): Failure {
  if (error.rawPacket instanceof Uint8Array) error.rawPacket = Uint8Array.from(error.rawPacket);
  return error;
}

/** Has all connections that the agent makes from now on read into the buffer. */
export function shareReadBuffer(agent: Agent): Agent {
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (options, created) => {
    const callback = (length: number): boolean => {
      socket?.emit('data', buffer.subarray(0, length));
      return true;
    };
    const socket = createConnection({ ...options, onread: { buffer, callback } } as typeof options, created);
    return socket;
  };
  return agent;
}
