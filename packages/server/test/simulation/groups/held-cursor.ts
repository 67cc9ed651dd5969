// A group cursor that a client holds, and what it must say: known from what was answered, never from its bytes.
import type { Positions } from './group-model.ts';
import type { StreamFacts } from './stream-facts.ts';

export interface HeldCursor {
  readonly text: string;
  readonly stream: StreamFacts;
  readonly groupName: string;
  readonly group: number;
  readonly epoch: number;
  /** Offset of the command it answers. */
  readonly asOf: number;
  /** Next offsets of what was delivered and is not committed. */
  readonly positions: Positions;
  /** The next read begins with this partition. */
  readonly first: number;
  /** It is expired when the wall clock of a server is past this. */
  readonly expiresMs: number;
}
