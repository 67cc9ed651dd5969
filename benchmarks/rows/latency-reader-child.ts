// The reader of row 8: `<place>`. Prints the latencies when it has been given the last message.
import { answerAndEnd } from './child-answer.ts';
import { latencyOf } from './latency-message.ts';
import { parsePlace, readAll } from './latency-place.ts';

const latenciesMs: number[] = [];
for await (const message of readAll(parsePlace(process.argv[2]))) {
  const { phase, ms } = latencyOf(message);
  if (phase !== 'warm-up') latenciesMs.push(ms);
  if (phase === 'last') break;
}
answerAndEnd(latenciesMs);
