// What the service counts: plain numbers, written in Prometheus' text format when asked for.
import type { OperationName } from 'millrace-protocol';
import { counter } from './exposition.ts';
import { GroupMetrics } from './group-metrics.ts';
import { renderProcessMetrics } from './process-metrics.ts';

/** Upper bounds of the latency histogram, seconds. */
const latencyBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface OperationCounts {
  readonly byStatus: Map<number, number>;
  /** Requests by bucket; one more than there are bounds: the last counts what is slower than all. */
  readonly buckets: number[];
  totalSeconds: number;
}

/** Counts requests by operation and status, their time, and the messages that went in and out. */
export class Metrics {
  readonly groups: GroupMetrics = new GroupMetrics();
  readonly #operations = new Map<OperationName, OperationCounts>();
  #putMessages = 0;
  #putBytes = 0;
  #gotMessages = 0;
  #gotBytes = 0;

  /** A request was answered with `status` after `seconds`. */
  requestServed(operation: OperationName, status: number, seconds: number): void {
    const counts = this.#countsOf(operation);
    counts.byStatus.set(status, (counts.byStatus.get(status) ?? 0) + 1);
    const bucket = latencyBucketsSeconds.findIndex((bound) => seconds <= bound);
    const at = bucket === -1 ? latencyBucketsSeconds.length : bucket;
    counts.buckets[at] = (counts.buckets[at] ?? 0) + 1;
    counts.totalSeconds += seconds;
  }

  /** Messages were put; `bytes` are decoded keys and values. */
  messagesPut(count: number, bytes: number): void {
    this.#putMessages += count;
    this.#putBytes += bytes;
  }

  /** Messages were read; `bytes` are those of the answer. */
  messagesGot(count: number, bytes: number): void {
    this.#gotMessages += count;
    this.#gotBytes += bytes;
  }

  /** All figures in Prometheus' text format, those of the process included, and the lines of `others` besides. */
  async render(others: readonly string[]): Promise<{ readonly contentType: string; readonly text: string }> {
    const { contentType, text } = await renderProcessMetrics();
    return {
      contentType,
      text: `${text}\n${[...this.#renderMessages(), ...this.groups.render(), ...others, ...this.#renderRequests()].join('\n')}\n`,
    };
  }

  #countsOf(operation: OperationName): OperationCounts {
    const known = this.#operations.get(operation);
    if (known !== undefined) return known;
    const counts = { byStatus: new Map<number, number>(), buckets: [], totalSeconds: 0 };
    this.#operations.set(operation, counts);
    return counts;
  }

  #renderMessages(): string[] {
    return [
      ...counter('millrace_put_messages_total', 'Messages put.', [`${this.#putMessages}`]),
      ...counter('millrace_put_bytes_total', 'Decoded bytes of keys and values put.', [`${this.#putBytes}`]),
      ...counter('millrace_got_messages_total', 'Messages read.', [`${this.#gotMessages}`]),
      ...counter('millrace_got_bytes_total', 'Bytes of the answers they were read in.', [`${this.#gotBytes}`]),
    ];
  }

  #renderRequests(): string[] {
    const operations = [...this.#operations];
    const samples = operations.flatMap(([operation, { byStatus }]) =>
      [...byStatus].map(([status, count]) => `{operation="${operation}",status="${status}"} ${count}`),
    );
    const name = 'millrace_request_seconds';
    return [
      ...counter('millrace_requests_total', 'Requests answered.', samples),
      `# HELP ${name} Time from a request's headers to its answer.`,
      `# TYPE ${name} histogram`,
      ...operations.flatMap(([operation, counts]) => histogramSamples(name, operation, counts)),
    ];
  }
}

function histogramSamples(name: string, operation: OperationName, { buckets, totalSeconds }: OperationCounts): string[] {
  const bounds = [...latencyBucketsSeconds.map(String), '+Inf'];
  let count = 0;
  const cumulative = bounds.map((bound, index) => {
    count += buckets[index] ?? 0;
    return `${name}_bucket{operation="${operation}",le="${bound}"} ${count}`;
  });
  return [...cumulative, `${name}_sum{operation="${operation}"} ${totalSeconds}`, `${name}_count{operation="${operation}"} ${count}`];
}
