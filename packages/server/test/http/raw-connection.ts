// A bare TCP connection for what no HTTP client would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came, interim ones (100) included. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The same as UTF-8. */
  readonly text: string;
}

export class RawConnection implements Disposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('close', () => {
      this.#ended = true;
    });
    // A reset shows as the end.
    socket.on('error', () => {});
  }

  /** Connects to the server at `url`. */
  static async open(url: string): Promise<RawConnection> {
    const socket = connect(Number(new URL(url).port), new URL(url).hostname);
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends `text` as it is. */
  write(text: string | Buffer): void {
    this.#socket.write(text);
  }

  /** The next answer; throws if the connection ends first. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take();
      if (answer !== undefined) return answer;
      if (this.#ended) throw new Error(`The connection ended after ${JSON.stringify(this.#received.toString('latin1'))}.`);
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')]);
    }
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.#ended) await once(this.#socket, 'close');
  }

  /** Goes away without a word. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return undefined;
    const [statusLine = '', ...lines] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    const end = headEnd + 4 + Number(headers['content-length'] ?? 0);
    if (this.#received.length < end) return undefined;
    const bytes = this.#received.subarray(headEnd + 4, end);
    this.#received = this.#received.subarray(end);
    return { status: Number(statusLine.split(' ')[1]), headers, bytes, text: bytes.toString() };
  }
}
