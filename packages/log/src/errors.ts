// Everything a log can refuse or fail with: one class, a closed set of codes. Nobody decides by message text.

/**
 * - `LogExists`: a log of that name stands with other settings.
 * - `UnknownLog`: no log of that name, or no such partition in it; nothing was stored.
 * - `OffsetOutOfRange`: see `OffsetOutOfRange`.
 * - `Overloaded`: too many bytes are in flight; nothing was stored, try again later.
 * - `AppendRefused`: an append or a change failed and nothing of it was stored, for certain (a full disk, a batch too large).
 * - `OutcomeUnknown`: the append failed and may or may not have been stored.
 * - `Closed`: closing has begun; nothing was stored.
 * - `Failed`: storage failed and does no more until it is opened again.
 * - `Damaged`: stored bytes are not what was acknowledged.
 * - `Locked`: another process owns the data directory.
 */
export type LogErrorCode =
  | 'LogExists'
  | 'UnknownLog'
  | 'OffsetOutOfRange'
  | 'Overloaded'
  | 'AppendRefused'
  | 'OutcomeUnknown'
  | 'Closed'
  | 'Failed'
  | 'Damaged'
  | 'Locked';

/** A log refused or failed; `code` says how, the message what, where, expected and got. */
export class LogError extends Error {
  override readonly name: string = 'LogError';
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Journal entries that were on the disk cannot be read any more. Opening with `damage: 'accept'` goes on without them. */
export class JournalDamaged extends LogError {
  override readonly name = 'JournalDamaged';

  constructor(message: string) {
    super('Damaged', message);
  }
}

/** The offset lies before what retention left, or behind the end; carries both bounds. */
export class OffsetOutOfRange extends LogError {
  override readonly name = 'OffsetOutOfRange';
  /** The first offset still stored. */
  readonly startOffset: number;
  /** One more than the last offset stored. */
  readonly endOffset: number;

  constructor(offset: number, startOffset: number, endOffset: number) {
    super('OffsetOutOfRange', `Offset ${offset} is outside ${startOffset} to ${endOffset}.`);
    this.startOffset = startOffset;
    this.endOffset = endOffset;
  }
}
