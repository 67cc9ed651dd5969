// What the cursor of an answer must say. Its bytes are read here, and held against what was answered.
import { header, limits } from 'millrace-protocol';
import { law } from '../law.ts';
import { heldSince, type ModelState, type Positions } from './group-model.ts';
import type { Exchange } from './group-world.ts';
import type { HeldCursor } from './held-cursor.ts';
import type { Chunk, Grounds } from './judge-read.ts';
import type { Shard } from './shard.ts';
import type { StreamFacts } from './stream-facts.ts';
import { lastStates } from './window.ts';

/** The cursor that came with a read, to be checked once it is known what it stands on. */
export interface NextCursor {
  readonly asOf: number;
  check(shard: Shard, grounds: Grounds, chunks: readonly Chunk[], text: string): HeldCursor;
}

export function nextCursor(exchange: Exchange, cursor: HeldCursor): NextCursor {
  const said = decode(exchange, cursor.stream, exchange.reply.headers[header.nextCursor] ?? '');
  const check: NextCursor['check'] = (shard, { asOf, held }, chunks, text) => {
    const expected = new Map<number, number>();
    for (const { partition, kept } of held) if (kept !== undefined) expected.set(partition, kept);
    for (const { partition, next } of chunks) expected.set(partition, next);
    const positions = new Map(said.positions);
    judgePositions(lastStates(exchange, shard), shard.stateAt(asOf), cursor, asOf, expected, positions);
    const first = chunks.length === 0 ? cursor.first : (chunks.at(-1)?.partition ?? 0) + 1;
    return checked(exchange, { ...cursor, text, asOf, positions, first }, said);
  };
  return { asOf: said.asOf, check };
}

/** A cursor without doubt: that of a JOIN, a COMMIT or a HEARTBEAT. Throws unless it says just this. */
export function exactCursor(exchange: Exchange, expected: Omit<HeldCursor, 'text' | 'expiresMs'>): HeldCursor {
  const text = (exchange.reply.body as { value: string }).value;
  const said = decode(exchange, expected.stream, text);
  const written = JSON.stringify([...expected.positions]);
  law(
    JSON.stringify(said.positions) === written,
    () => `A cursor has the positions ${JSON.stringify(said.positions)} instead of ${written}.`,
  );
  return checked(exchange, { ...expected, text }, said);
}

type Said = ReturnType<Exchange['server']['service']['groupCursors']['decode']>;

function decode({ server }: Exchange, { id }: StreamFacts, text: string): Said {
  return server.service.groupCursors.decode(id, text, 0);
}

function checked({ to }: Exchange, cursor: Omit<HeldCursor, 'expiresMs'>, { group, epoch, asOf, first }: Said): HeldCursor {
  const told = (): string =>
    `A cursor says ${JSON.stringify({ group, epoch, asOf, first })} instead of ${JSON.stringify({ ...cursor, stream: undefined })}`;
  law(group === cursor.group && epoch === cursor.epoch && asOf === cursor.asOf && first === cursor.first, told);
  return { ...cursor, expiresMs: Math.ceil((to.wallMs + limits.cursorLifeMs) / 1000) * 1000 };
}

/**
 * It keeps what counted and what was delivered, but for what was lost since or is committed by now. What is committed while a read waits
 * may stay in it.
 */
function judgePositions(
  states: readonly ModelState[],
  first: ModelState,
  { group, epoch }: HeldCursor,
  asOf: number,
  expected: Positions,
  positions: Positions,
): void {
  const told = (partition: number): string =>
    `The cursor as of ${asOf} has ${positions.get(partition)} for partition ${partition}; delivered was up to ${expected.get(partition)}`;
  const counts = (state: ModelState, partition: number): boolean => heldSince(state.get(group), epoch, partition, asOf);
  const isCommitted = (state: ModelState, partition: number, next: number): boolean =>
    next <= (state.get(group)?.partitions[partition]?.committed ?? -1);
  for (const [partition, next] of positions) {
    law(expected.get(partition) === next, () => told(partition));
    law(
      states.some((state) => counts(state, partition)),
      () => `${told(partition)}, and it is lost.`,
    );
    law(!isCommitted(first, partition, next), () => `${told(partition)}, and it is committed.`);
  }
  for (const [partition, next] of expected) {
    const mayLack = states.some((state) => !counts(state, partition) || isCommitted(state, partition, next));
    law(positions.has(partition) || mayLack, () => `${told(partition)}.`);
  }
}
