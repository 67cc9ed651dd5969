// The service as the client rows need it: answers at once, checks nothing, and costs as little as can be, since what it costs is
// added to both clients. It takes one request at a time from a connection. Prints its port and runs until it is killed.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { messageBytes } from '../load/put-body.ts';

const timestamp = '2026-01-01T00:00:00.000Z';
const value = Buffer.alloc(messageBytes, 'm').toString('base64');
const answers = new Map<string, Buffer>();

const server = createServer((socket) => serve(socket));
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

function serve(socket: Socket): void {
  let head = '';
  let bodyLeft = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (bodyLeft > 0) {
      bodyLeft -= chunk.length;
    } else {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      bodyLeft = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0) - (head.length - end - 4);
    }
    if (bodyLeft > 0) return;
    socket.write(answerOf(head));
    head = '';
  });
}

/** How many messages are meant stands in the stream's name for a put, in `limit` for a get. */
function answerOf(head: string): Buffer {
  const [method, target = ''] = head.slice(0, head.indexOf('\r\n')).split(' ', 2);
  const count = Number(/limit=(\d+)/.exec(target)?.[1] ?? /stream-(\d+)/.exec(target)?.[1]);
  const key = `${method} ${count}`;
  const answer = answers.get(key) ?? encode(method === 'POST' ? putResult(count) : messages(count));
  answers.set(key, answer);
  return answer;
}

function encode(data: unknown): Buffer {
  const body = JSON.stringify(data);
  const headers = ['content-type: application/json', `content-length: ${body.length}`, 'opc-next-cursor: c', 'opc-request-id: r'];
  return Buffer.from(`HTTP/1.1 200 OK\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
}

function putResult(count: number): unknown {
  return { failures: 0, entries: Array.from({ length: count }, (_, offset) => ({ partition: '0', offset, timestamp })) };
}

function messages(count: number): unknown {
  return Array.from({ length: count }, (_, offset) => ({ stream: 'orders', partition: '0', key: null, value, offset, timestamp }));
}
