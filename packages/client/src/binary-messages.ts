// Messages in Millrace's binary form: nothing to scan, and nothing to decode. Its layout is described in the protocol's module.

import { binaryMessages as layout } from 'millrace-protocol';
import { type Bytes, joined, utf8Text } from '#codec';
import { type MessageHead, ReceivedMessage } from './consumer/received-message.ts';

/** The messages of an answer. Those that came in one piece share memory; the pieces are not kept. Throws if it is not whole. */
export function decodeBinary(body: readonly Uint8Array[]): ReceivedMessage[] {
  const decoder = new Decoder();
  /** What was not decoded yet, and how long it is. */
  let rest: Uint8Array[] = [];
  let length = 0;
  for (const piece of body) {
    rest.push(piece);
    length += piece.length;
    if (length < decoder.needed) continue;
    const bytes = joined(rest);
    const left = bytes.subarray(decoder.take(bytes));
    rest = [left];
    length = left.length;
  }
  const { messages, count, needed } = decoder;
  if (length > 0 || count === undefined) throw new RangeError(`Expected ${needed} bytes, got ${length}.`);
  if (messages.length !== count) throw new RangeError(`Expected ${count} messages, got ${messages.length}.`);
  return messages;
}

class Decoder {
  readonly messages: ReceivedMessage[] = [];
  /** So many bytes it takes until there is something more to decode. */
  needed: number = layout.nameAt;
  /** How many messages there should be. */
  count: number | undefined;
  #stream: string | undefined;
  #head: MessageHead = { stream: '', partition: '', timestampMs: Number.NaN };
  #partition = -1;

  /** Decodes what is whole; answers where that ends. */
  take(bytes: Bytes): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = this.#stream === undefined ? this.#takeName(bytes, view) : 0;
    for (let end = at; end !== -1; end = this.#takeMessage(bytes, view, at)) at = end;
    return at;
  }

  /** Answers where the first message begins; 0 if the name is not whole. */
  #takeName(bytes: Bytes, view: DataView): number {
    const end = layout.nameAt + view.getUint32(layout.nameLengthAt, true);
    this.needed = layout.aligned(end);
    if (bytes.length < this.needed) return 0;
    this.count = view.getUint32(layout.countAt, true);
    this.#stream = utf8Text(bytes.subarray(layout.nameAt, end));
    return layout.aligned(end);
  }

  /** Answers where the message ends; -1 if it is not whole. */
  #takeMessage(bytes: Bytes, view: DataView, at: number): number {
    if (this.#stream === undefined) return -1;
    this.needed = layout.headBytes;
    const keyFrom = at + layout.headBytes;
    if (keyFrom > bytes.length) return -1;
    const keyBytes = view.getUint32(at + layout.keyLengthAt, true);
    const keyTo = keyBytes === layout.noKey ? keyFrom : keyFrom + keyBytes;
    const valueFrom = at + layout.aligned(keyTo - at);
    const valueTo = valueFrom + view.getUint32(at + layout.valueLengthAt, true);
    const end = at + layout.aligned(valueTo - at);
    if (end > bytes.length) {
      this.needed = end - at;
      return -1;
    }
    const partition = view.getUint32(at + layout.partitionAt, true);
    const timestampMs = integerAt(view, at + layout.timestampAt);
    if (partition !== this.#partition || timestampMs !== this.#head.timestampMs) {
      this.#partition = partition;
      this.#head = { stream: this.#stream, partition: String(partition), timestampMs };
    }
    const key = keyBytes === layout.noKey ? null : bytes.subarray(keyFrom, keyTo);
    const value = bytes.subarray(valueFrom, valueTo);
    this.messages.push(new ReceivedMessage(this.#head, integerAt(view, at + layout.offsetAt), key, value));
    return end;
  }
}

/** Exact up to 2^53. */
function integerAt(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
