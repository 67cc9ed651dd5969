// Connections that read into one buffer. Node makes a buffer of 64 KiB for each piece it reads, and node:http copies what is in it: a
// reader at full speed leaves so much memory behind that the whole heap is marked ten times a second, which took half of its time.
import { connect, type NetConnectOpts, type Socket } from 'node:net';

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

/** As `net.connect`, for node:http, whose parser copies what it is given. */
export function connectWithSharedBuffer(options: NetConnectOpts): Socket {
  const callback = (length: number): boolean => {
    socket.emit('data', buffer.subarray(0, length));
    return true;
  };
  const socket = connect({ ...options, onread: { buffer, callback } });
  return socket;
}
