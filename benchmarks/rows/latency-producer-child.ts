// The producer of row 8: `<place> <seconds>`. Warms everybody up, then sends at its pace whatever the answers do, so that a slow
// one delays no other; prints how long the acknowledgements took, and ends.
import { setTimeout as delay } from 'node:timers/promises';
import { answerAndEnd } from './child-answer.ts';
import { encodeStamp, type Phase, perSecond, warmUpMessages } from './latency-message.ts';
import { openSender, parsePlace } from './latency-place.ts';

const warmUpInFlight = 4;

const [place, seconds] = process.argv.slice(2);
const send = await openSender(parsePlace(place));
for (let left = warmUpMessages - perSecond; left > 0; left -= warmUpInFlight) {
  await Promise.all(Array.from({ length: warmUpInFlight }, () => send(encodeStamp('warm-up'))));
}
const count = perSecond + Number(seconds) * perSecond;
const startedAt = performance.now();
const sent: Promise<number>[] = [];
for (let index = 0; index < count; index++) {
  await delay(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
  sent.push(sendTimed(phaseOf(index)));
}
const acknowledgedMs = await Promise.all(sent);
answerAndEnd(acknowledgedMs.slice(perSecond));

async function sendTimed(phase: Phase): Promise<number> {
  const sentAt = performance.now();
  await send(encodeStamp(phase));
  return performance.now() - sentAt;
}

/** The first second at the pace is warm-up still. */
function phaseOf(index: number): Phase {
  if (index < perSecond) return 'warm-up';
  return index === count - 1 ? 'last' : 'measured';
}
