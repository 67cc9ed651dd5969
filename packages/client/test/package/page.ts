// A strict program for a page: nothing of Node in it. A test compiles it with the types a browser has, and runs it against the
// package's build for browsers.
import { type ClientConfig, type Consumer, Producer, Reader, StreamClient } from 'millrace-client';

/** Sends two messages, reads them back, and gives their texts. */
export async function greetFromPage(config: ClientConfig, serviceEndpoint: string, streamId: string): Promise<string[]> {
  await using client = new StreamClient(config, { serviceEndpoint });
  await using producer = new Producer(client, streamId);
  await Promise.all([producer.send({ key: 'k', value: 'hello' }), producer.send({ key: 'k', value: new Uint8Array([0xc3, 0xa9]) })]);
  const texts: string[] = [];
  await using reader = new Reader(client, streamId, { until: 'end' });
  for await (const { messages } of reader) texts.push(...messages.map((message) => message.text()));
  return texts;
}

/** What must not compile: none of the types may have become `any` on the way. */
export function misuse(consumer: Consumer): void {
  // @ts-expect-error There is no such method.
  consumer.consume();
}
