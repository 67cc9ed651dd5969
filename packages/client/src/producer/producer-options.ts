// What a producer can be told: one place an option.
import { limits } from 'millrace-protocol';
import { checkedOptions, type NumberOptions } from '../check-options.ts';

/** What a `Producer` takes beside its client and stream. Numbers are whole. */
export interface ProducerOptions {
  /** Decoded bytes of keys and values in one request: 1 to 1,048,576, which is the service's limit and the default. A longer message goes alone. */
  readonly maxBatchBytes?: number | undefined;
  /** Messages in one request: 1 to 100,000; 10,000 if not given. */
  readonly maxBatchMessages?: number | undefined;
  /**
   * Milliseconds a message waits for others to fill its request: 0 to 60,000. 0, the default: it goes at once if no request is
   * under way, else with what has gathered when one is answered.
   */
  readonly lingerMs?: number | undefined;
  /** Requests under way at a time: 1 to 64; 4 if not given. Messages of one key are in one of them at most. */
  readonly maxRequests?: number | undefined;
  /**
   * Bytes of keys and values that are accepted and not acknowledged, 256 a message added for what goes with it: 1 MiB to 1 GiB, 32 MiB
   * if not given. When they are reached `submit` waits.
   */
  readonly maxBufferedBytes?: number | undefined;
  /** Milliseconds from acceptance until a message that is not acknowledged has failed: 1 to 86,400,000, or Infinity; 120,000 if not given. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds one request may take; 1 to 600,000, 30,000 if not given. */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest wait between two attempts, milliseconds: 1 to 600,000; 10,000 if not given. Waits begin at a tenth of a second and double. */
  readonly maxBackoffMs?: number | undefined;
}

/** All options, with numbers in them. */
export type ProducerSettings = Readonly<Record<keyof ProducerOptions, number>>;

const mebibyte = 1_048_576;

const table: NumberOptions<keyof ProducerOptions> = {
  maxBatchBytes: { min: 1, max: limits.putBytes.max, default: limits.putBytes.max },
  maxBatchMessages: { min: 1, max: 100_000, default: 10_000 },
  lingerMs: { min: 0, max: 60_000, default: 0 },
  maxRequests: { min: 1, max: 64, default: 4 },
  maxBufferedBytes: { min: mebibyte, max: 1024 * mebibyte, default: 32 * mebibyte },
  timeoutMs: { min: 1, max: 86_400_000, default: 120_000, unlimited: true },
  requestTimeoutMs: { min: 1, max: 600_000, default: 30_000 },
  maxBackoffMs: { min: 1, max: 600_000, default: 10_000 },
};

/** Defaults filled in. Throws `TypeError` for an unknown name, `RangeError` for a value out of its range. */
export function producerSettings(options: ProducerOptions): ProducerSettings {
  return checkedOptions('producer', table, { ...options }, []);
}
