// Everyone who is no consumer: puts messages, looks at groups, resets them, and removes old messages.

import type { UpdateGroupDetails } from 'millrace-protocol/shapes';
import { law } from '../law.ts';
import { Consumer } from './consumer.ts';
import type { GroupWorld } from './group-world.ts';
import { judgeReset } from './judge-change.ts';
import { judgeExplanation, judgeGroup } from './judge-view.ts';
import { anyStart } from './start.ts';
import type { StreamFacts } from './stream-facts.ts';

const keys = ['red', 'green', 'blue', 'ocean'].map((key) => Buffer.from(key).toString('base64'));
/** How the names of groups begin that are made only to be many. */
export const crowdName = 'crowd';

export class Visitor {
  readonly #world: GroupWorld;
  readonly #groupNames: readonly string[];
  #messages = 0;

  constructor(world: GroupWorld, groupNames: readonly string[], firstMessage: number) {
    this.#world = world;
    this.#groupNames = groupNames;
    this.#messages = firstMessage;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Puts a few messages to a stream. */
  async put(stream: StreamFacts = this.#world.pick(this.#world.parts.auditor.streams)): Promise<void> {
    const { random } = this.#world.parts;
    const messages = Array.from({ length: 1 + random.below(5) }, () => {
      this.#messages += 1;
      const key = random.chance(0.3) ? this.#world.pick(keys) : null;
      return { key, value: Buffer.from(`m${this.#messages}`).toString('base64') };
    });
    const sent = { path: { streamId: stream.id }, body: { messages } };
    const exchange = await this.#world.call({ operation: 'PutMessages', stream, sent, caller: 'producer' });
    this.#world.parts.tally.add('put');
    law(exchange === undefined || exchange.reply.status === 200, () => `A put was refused: ${exchange?.reply.message}`);
  }

  /** Looks at a group on some server. */
  async look(): Promise<void> {
    const world = this.#world;
    const stream = world.pick(world.parts.auditor.streams);
    const groupName = world.pick(this.#groupNames);
    const operation = world.parts.random.chance(0.7) ? 'GetGroup' : 'ExplainGroup';
    const sent = { path: { streamId: stream.id, groupName } };
    const exchange = await world.call({ operation, stream, sent, caller: 'visitor' });
    world.parts.tally.add(operation);
    if (exchange !== undefined) (operation === 'GetGroup' ? judgeGroup : judgeExplanation)(world, groupName, exchange);
  }

  /** UpdateGroup. */
  async reset(stream: StreamFacts, groupName: string, details: UpdateGroupDetails = anyStart(this.#world, stream)): Promise<void> {
    const sent = { path: { streamId: stream.id, groupName }, body: details };
    const exchange = await this.#world.call({ operation: 'UpdateGroup', stream, sent, caller: 'visitor' });
    if (exchange !== undefined) judgeReset(this.#world, details, exchange);
  }

  /** As many groups as a stream may have, and more. */
  async crowd(): Promise<void> {
    const world = this.#world;
    const stream = world.pick(world.parts.auditor.streams);
    for (let number = 0; number < 51; number += 1) {
      const habits = {
        label: 'crowd',
        stream,
        groupName: `${crowdName} ${number}`,
        instanceName: 'one',
        timeoutMs: 1000,
        mode: 'manual' as const,
      };
      await new Consumer(habits).join(world);
    }
  }

  async resetAny(): Promise<void> {
    await this.reset(this.#world.pick(this.#world.parts.auditor.streams), this.#world.pick(this.#groupNames));
  }

  /** Retention forgets some messages, sooner than it would by itself. */
  async trim(): Promise<void> {
    const { auditor, random, shared, tally } = this.#world.parts;
    const stream = this.#world.pick(auditor.streams);
    const index = random.below(stream.partitions);
    const { values, startOffset } = auditor.messages(stream, index);
    const before = startOffset + random.below(values.length - startOffset + 1);
    await shared.inner.partition(stream.logName, index).trim(before);
    await shared.partition(stream.logName, index).bounds();
    tally.add('messages trimmed');
  }
}
