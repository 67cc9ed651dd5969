// What is known of each connection: which of its requests are being answered, and whether somebody is still there to be answered.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  /** Of requests that have begun to arrive, not yet answered, in the order they came in. */
  readonly answers: ServerResponse[];
  gone: AbortSignal | undefined;
}

/** By socket; `note` every request. What a connection needs is made once, not for each of its requests. */
export class Connections {
  readonly #draining: AbortSignal;
  readonly #bySocket = new WeakMap<Socket, Connection>();

  /** `draining` aborts when the server stops waiting. */
  constructor(draining: AbortSignal) {
    this.#draining = draining;
  }

  /** A request has come. */
  note(socket: Socket, response: ServerResponse): void {
    const { answers } = this.#of(socket);
    answers.push(response);
    response.once('close', () => answers.splice(answers.indexOf(response), 1));
  }

  /** Of the requests that have arrived whole, the last one that is yet to be answered. */
  lastAnswerOn(socket: Socket): ServerResponse | undefined {
    return this.#of(socket).answers.findLast(({ req }) => req.complete);
  }

  /** Aborts when the connection is closed, or the server stops waiting. */
  goneSignal(socket: Socket): AbortSignal {
    const connection = this.#of(socket);
    connection.gone ??= this.#listen(socket);
    return connection.gone;
  }

  #of(socket: Socket): Connection {
    const known = this.#bySocket.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = { answers: [], gone: undefined };
    this.#bySocket.set(socket, connection);
    return connection;
  }

  #listen(socket: Socket): AbortSignal {
    const gone = new AbortController();
    if (this.#draining.aborted || socket.destroyed) {
      gone.abort();
      return gone.signal;
    }
    const end = (): void => {
      this.#draining.removeEventListener('abort', end);
      gone.abort();
    };
    this.#draining.addEventListener('abort', end);
    socket.once('close', end);
    return gone.signal;
  }
}
