// Consumer groups through the API, as tests use them.
import type { Message } from 'millrace-protocol/shapes';
import type { CallOptions, HttpAnswer, SignedClient } from '../support/signed-client.ts';

/** What a group read answered. */
export interface GroupRead {
  readonly status: number;
  readonly messages: readonly Message[];
  /** `partition:offset` of each message. */
  readonly places: readonly string[];
  readonly next: string;
  readonly error: string;
}

/** Calls the group operations of one stream. */
export class GroupClient {
  readonly client: SignedClient;
  readonly streamId: string;
  readonly #options: () => CallOptions;

  /** `options` go with every call: the date of a test's own clock. */
  constructor(client: SignedClient, streamId: string, options: () => CallOptions = () => ({})) {
    this.client = client;
    this.streamId = streamId;
    this.#options = options;
  }

  /** CreateGroupCursor; throws if it is refused. */
  async join(details: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.tryJoin(details);
    if (answer.status !== 200) throw new Error(`CreateGroupCursor answered ${answer.status}: ${answer.text}`);
    return answer.json<{ value: string }>().value;
  }

  tryJoin(details: Record<string, unknown> = {}): Promise<HttpAnswer> {
    return this.#call('POST', '/groupCursors', { body: { groupName: 'g', type: 'TRIM_HORIZON', ...details } });
  }

  async read(cursor: string, query = '', options: CallOptions = {}): Promise<GroupRead> {
    const answer = await this.#call('GET', `/messages?cursor=${cursor}${query}`, options);
    if (answer.status !== 200) {
      return { status: answer.status, messages: [], places: [], next: '', error: answer.json<{ message: string }>().message };
    }
    const messages = answer.json<Message[]>();
    const places = messages.map(({ partition, offset }) => `${partition}:${offset}`);
    return { status: 200, messages, places, next: answer.headers['opc-next-cursor'] ?? '', error: '' };
  }

  commit(cursor: string): Promise<HttpAnswer> {
    return this.#call('POST', `/commit?cursor=${cursor}`);
  }

  heartbeat(cursor: string): Promise<HttpAnswer> {
    return this.#call('POST', `/heartbeat?cursor=${cursor}`);
  }

  getGroup(name = 'g'): Promise<HttpAnswer> {
    return this.#call('GET', `/groups/${name}`);
  }

  updateGroup(body: Record<string, unknown>, name = 'g'): Promise<HttpAnswer> {
    return this.#call('PUT', `/groups/${name}`, { body });
  }

  explain(name = 'g'): Promise<HttpAnswer> {
    return this.#call('GET', `/groups/${name}/explanation`);
  }

  list(): Promise<HttpAnswer> {
    return this.#call('GET', '/groups');
  }

  /** Of each partition by index: `instance`, `committed` offset. */
  async reservations(name = 'g'): Promise<(readonly [instance: string | undefined, committed: number | undefined])[]> {
    const answer = await this.getGroup(name);
    const { reservations } = answer.json<{ reservations: { reservedInstance?: string; committedOffset?: number }[] }>();
    return reservations.map(({ reservedInstance, committedOffset }) => [reservedInstance, committedOffset]);
  }

  #call(method: string, path: string, options: CallOptions = {}): Promise<HttpAnswer> {
    return this.client.call(method, `/streams/${this.streamId}${path}`, { ...this.#options(), ...options });
  }
}

/** The value of an answer that is a cursor. */
export function cursorOf(answer: HttpAnswer): string {
  if (answer.status !== 200) throw new Error(`Expected a cursor, got ${answer.status}: ${answer.text}`);
  return answer.json<{ value: string }>().value;
}
