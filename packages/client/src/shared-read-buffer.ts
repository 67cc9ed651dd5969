// Connections that read into one buffer. Node makes a buffer of 64 KiB for each piece it reads, and node:http copies what is in it: a
// reader at full speed leaves so much memory behind that the whole heap is marked ten times a second, which took half of its time.
import { connect, type NetConnectOpts, type Socket } from 'node:net';

/** What a system call reads at most. Shared by all connections: whoever listens has copied what is there when it returns. */
const buffer: Uint8Array = Buffer.allocUnsafeSlow(64 * 1024);

/** As `net.connect`, for node:http, whose parser copies what it is given. */
export function connectWithSharedBuffer(options: NetConnectOpts): Socket {
  const callback = (length: number): boolean => {
    socket.emit('data', buffer.subarray(0, length));
    return true;
  };
  const socket = connect({ ...options, onread: { buffer, callback } });
  return socket;
}
