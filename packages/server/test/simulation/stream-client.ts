// A caller that makes, changes, lists and deletes streams, and knows what it is promised.
import { header, limits } from 'millrace-protocol';
import type { Stream, StreamSummary, WorkRequest } from 'millrace-protocol/shapes';
import { law } from './law.ts';
import type { Model } from './model.ts';
import type { Change, StreamModel } from './stream-model.ts';
import { type Exchange, isUnknown, type World } from './world.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const compartmentId = 'compartment';

/** Works on the catalogue. */
export class StreamClient {
  readonly #name: string;
  readonly #world: World;
  readonly #model: Model;

  constructor(name: string, world: World, model: Model) {
    this.#name = name;
    this.#world = world;
    this.#model = model;
  }

  /** Asks for a stream whose name may be taken. */
  async create(): Promise<void> {
    const { random, tally } = this.#world.parts;
    const name = names[random.below(names.length)] ?? '';
    const stream = this.#model.addStream(name, 1 + random.below(3), 24 + random.below(3), this.#world.times());
    const { mark, retentionInHours } = stream;
    const body = { name, partitions: stream.partitions.length, retentionInHours, compartmentId, freeformTags: { mark, note: mark } };
    const event = stream.note.ask(mark, stream.creation.from.moment);
    const exchange = await this.#world.call('CreateStream', { body }, this.#name);
    const { from, to, reply } = exchange;
    if (isUnknown(reply)) {
      tally.add('stream created with unknown outcome');
      return;
    }
    if (reply.status !== 200) {
      stream.state = 'gone';
      stream.note.settle(event, 'refused', to.moment);
      law(reply.status === 409, () => `CreateStream of ${name} answered ${reply.status}: ${reply.message}`);
      const mayBeTaken = this.#others(stream).some((other) => other.mayBeActive(from.moment, to.moment));
      law(mayBeTaken, () => `The name ${name} was refused as taken, and it is not.`);
      return;
    }
    const taken = this.#others(stream).find((other) => other.mustBeActive(from.moment, to.moment));
    law(taken === undefined, () => `${stream} was created beside ${taken}.`);
    const created = reply.body as Stream;
    law(created.lifecycleState === 'CREATING', () => `${stream} was answered ${created.lifecycleState}.`);
    stream.see(created);
    Object.assign(stream, { state: 'created', wasAnswered: true });
    stream.creation.to = to;
    stream.changes.add({ from, to });
    stream.note.settle(event, 'done', to.moment);
    this.#learnChange(stream, exchange);
    law(
      (this.#model.poolId ?? created.streamPoolId) === created.streamPoolId,
      () => `The pool ${this.#model.poolId} became ${created.streamPoolId}.`,
    );
    this.#model.poolId = created.streamPoolId;
    tally.add('stream created');
  }

  /** Changes the note of a stream, sometimes only if it is as last seen. */
  async update(): Promise<void> {
    const stream = this.#anyStream();
    if (stream === undefined) return;
    const note = `note-${this.#world.times().moment}`;
    const change = { from: this.#world.times() };
    const event = stream.note.ask(note, change.from.moment);
    stream.changes.add(change);
    const body = { freeformTags: { mark: stream.mark, note } };
    const { exchange, isDone } = await this.#change('UpdateStream', stream, change, body);
    if (isUnknown(exchange.reply)) return;
    stream.note.settle(event, isDone ? 'done' : 'refused', exchange.to.moment);
    this.#world.parts.tally.add('stream updated');
  }

  /** Deletes a stream, sometimes only if it is as last seen. */
  async delete(): Promise<void> {
    const stream = this.#anyStream();
    if (stream === undefined) return;
    const deletion: Change = { from: this.#world.times() };
    stream.deletions.add(deletion);
    stream.changes.add(deletion);
    const { exchange, isDone } = await this.#change('DeleteStream', stream, deletion, undefined);
    if (isUnknown(exchange.reply)) return;
    if (!isDone) stream.deletions.delete(deletion);
    this.#world.parts.tally.add('stream deleted');
  }

  /** Reads one stream. */
  async show(): Promise<void> {
    const stream = this.#anyStream();
    if (stream === undefined) return;
    const { from, to, reply } = await this.#world.call('GetStream', { path: { streamId: stream.id ?? '' } }, this.#name);
    const told = `GetStream of ${stream} answered ${reply.status} ${reply.message}`;
    const mayBeUnknown = stream.state !== 'created' || stream.hasRunOut(to, limits.deletedRecordMs);
    if (reply.status === 404) law(mayBeUnknown, () => told);
    if (reply.status !== 200) return;
    const shown = reply.body as Stream;
    law(shown.retentionInHours === stream.retentionInHours, () => `${told} ${JSON.stringify(shown)}`);
    this.#judgeShown(stream, shown, from.moment, to.moment);
    const value = reply.headers[header.etag];
    if (value !== undefined) stream.etag = { value, from, to };
  }

  /** Lists all streams, a few at a time. */
  async list(): Promise<StreamSummary[] | undefined> {
    const { random } = this.#world.parts;
    const limit = String(1 + random.below(10));
    const from = this.#world.times();
    const items: StreamSummary[] = [];
    for (let page: string | undefined = ''; page !== undefined; ) {
      const query: Record<string, string> = { compartmentId, limit, ...(page === '' ? {} : { page }) };
      const { reply } = await this.#world.call('ListStreams', { query }, this.#name);
      if (reply.status !== 200) return undefined;
      items.push(...(reply.body as StreamSummary[]));
      page = reply.headers[header.nextPage];
    }
    this.#judgeList(items, from.moment, this.#world.times().moment);
    return items;
  }

  /** Looks after a change that was answered. */
  async poll(): Promise<void> {
    const { random } = this.#world.parts;
    const { workRequests } = this.#model;
    const known = workRequests[random.below(workRequests.length)];
    if (known === undefined) return;
    const { to, reply } = await this.#world.call('GetWorkRequest', { path: { workRequestId: known.id } }, this.#name);
    const mayHaveRunOut = Math.max(to.wallMs, to.logMs) - known.logMs > limits.workRequestMs;
    if (reply.status === 404) law(mayHaveRunOut, () => `The work request ${known.id} is gone.`);
    if (reply.status !== 200) return;
    const { status } = reply.body as WorkRequest;
    law(status === 'SUCCEEDED', () => `The work request ${known.id} of a change that was answered is ${status}.`);
  }

  #anyStream(): StreamModel | undefined {
    const known = this.#model.streams.filter(({ id }) => id !== undefined);
    const { random } = this.#world.parts;
    return known[random.chance(0.8) ? known.length - 1 - random.below(Math.min(4, known.length)) : random.below(known.length)];
  }

  /** Others of the same name. */
  #others(stream: StreamModel): StreamModel[] {
    return this.#model.streams.filter((other) => other !== stream && other.name === stream.name);
  }

  async #change(
    operation: 'UpdateStream' | 'DeleteStream',
    stream: StreamModel,
    change: Change,
    body: unknown,
  ): Promise<{ exchange: Exchange; isDone: boolean }> {
    const expected = this.#world.parts.random.chance(0.4) ? stream.etag : undefined;
    const headers = expected === undefined ? {} : { [header.ifMatch]: expected.value };
    const exchange = await this.#world.call(operation, { path: { streamId: stream.id ?? '' }, headers, body }, this.#name);
    const { from, to, reply } = exchange;
    const isDone = reply.status < 400;
    const told = `${operation} of ${stream} was answered ${reply.status} ${reply.message}`;
    if (reply.status === 412) {
      law(expected !== undefined && stream.etagMayHaveChanged(expected, exchange, change), () => told);
      this.#world.parts.tally.add('etag did not match');
    }
    if (reply.status === 404) law(stream.state !== 'created' || stream.deletionAskedBefore(change, to.moment), () => told);
    if (reply.status === 409) {
      const wasActive = (stream.creation.to?.moment ?? Number.POSITIVE_INFINITY) < from.moment;
      law(!wasActive || stream.deletionAskedBefore(change, to.moment), () => told);
    }
    law(reply.status !== 400, () => told);
    if (isDone) {
      const isSecondDeletion = operation === 'DeleteStream' && stream.deletionAskedBefore(change, to.moment);
      law(
        isSecondDeletion || expected === undefined || !stream.etagHasChanged(expected, exchange, change),
        () => `${told} with an etag of before.`,
      );
      law(stream.mayBeActive(from.moment, to.moment), () => told);
      change.to = to;
      this.#learnChange(stream, exchange);
    } else if (!isUnknown(reply)) stream.changes.delete(change);
    return { exchange, isDone };
  }

  #learnChange(stream: StreamModel, { from, to, reply }: Exchange): void {
    const value = reply.headers[header.etag];
    if (value !== undefined) stream.etag = { value, from, to };
    const id = reply.headers[header.workRequestId];
    law(id !== undefined, () => `A change of ${stream} was answered without a work request.`);
    this.#model.workRequests.push({ id, logMs: from.logMs });
  }

  #judgeShown(stream: StreamModel, shown: StreamSummary, from: number, to: number): void {
    const { lifecycleState, freeformTags } = shown;
    const told = `${stream} is shown as ${lifecycleState}`;
    stream.see(shown);
    if (lifecycleState === 'ACTIVE') law(stream.mayBeActive(from, to), () => told);
    else law(stream.mayBeInactive(from, to), () => told);
    stream.note.see(freeformTags['note'] ?? '', from, to, String(stream));
  }

  #judgeList(items: readonly StreamSummary[], from: number, to: number): void {
    const byMark = new Map(items.map((item) => [item.freeformTags['mark'] ?? '', item]));
    law(byMark.size === items.length, () => 'A stream is listed twice.');
    for (const stream of this.#model.streams) {
      const shown = byMark.get(stream.mark);
      if (shown !== undefined) this.#judgeShown(stream, shown, from, to);
      else law(!stream.mustBeActive(from, to), () => `${stream} is not listed.`);
      byMark.delete(stream.mark);
    }
    law(byMark.size === 0, () => `Nobody asked for ${[...byMark.keys()]}.`);
  }
}
