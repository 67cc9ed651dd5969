// A client of rows 5 and 7: `<place> send <seconds> <in flight>`, `<place> fill <messages>` or `<place> read <seconds>`. Prints what it did.
import { messageBytes } from '../load/put-body.ts';
import { percentile } from '../statistics.ts';
import { answerAndEnd } from './child-answer.ts';
import { openClient, parsePlace } from './throughput-place.ts';

/** What the process prints. */
export interface ThroughputFigures {
  readonly messages: number;
  /** Before `messages`, while nobody looked at the clock. */
  readonly warmUpMessages: number;
  readonly seconds: number;
  /** Of acknowledgements; NaN for reads, which is null on its way. */
  readonly p99Ms: number | null;
  /** CPU time of the client, microseconds a message. */
  readonly clientUs: number;
}

/** What a client did in the time it had. */
interface Done {
  readonly messages: number;
  /** Of acknowledgements. */
  readonly latenciesMs: readonly number[];
}

const warmUpSeconds = 5;
/** Nobody looks at the acknowledgement of a message with which a server is filled. */
const inFlightOfFill = 1000;

const [place, task, amount, inFlight] = process.argv.slice(2);
const client = await openClient(parsePlace(place));
const value = Buffer.alloc(messageBytes, 'm');

if (task === 'fill') await fill(Number(amount));
const repeat = task === 'read' ? readFor : sendFor;
answerAndEnd(task === 'fill' ? Number(amount) : await measure(repeat, Number(amount)));

async function measure(work: (seconds: number) => Promise<Done>, forSeconds: number): Promise<ThroughputFigures> {
  const { messages: warmUpMessages } = await work(warmUpSeconds);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const { messages, latenciesMs } = await work(forSeconds);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { messages, warmUpMessages, seconds, p99Ms: percentile(latenciesMs, 0.99), clientUs: (user + system) / messages };
}

/** So many senders, each of which waits for its acknowledgement. */
async function sendFor(seconds: number): Promise<Done> {
  const latenciesMs: number[] = [];
  const endAt = performance.now() + seconds * 1000;
  const sendOn = async (): Promise<void> => {
    for (let sentAt = performance.now(); sentAt < endAt; sentAt = performance.now()) {
      await client.send(value);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, sendOn));
  return { messages: latenciesMs.length, latenciesMs };
}

/** From the first message to the last, until the time is over; the last time to the end. */
async function readFor(seconds: number): Promise<Done> {
  const endAt = performance.now() + seconds * 1000;
  let count = 0;
  do count += await client.readAll();
  while (performance.now() < endAt);
  return { messages: count, latenciesMs: [] };
}

async function fill(count: number): Promise<void> {
  let left = count;
  const sendOn = async (): Promise<void> => {
    for (; left > 0; left -= 1) await client.send(value);
  };
  await Promise.all(Array.from({ length: inFlightOfFill }, sendOn));
}
