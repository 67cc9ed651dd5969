// What the service counts. Counting is plain numbers; the Prometheus library is loaded when somebody first asks.
import type { OperationName } from 'millrace-protocol';

/** Upper bounds of the latency histogram, seconds. */
const latencyBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface OperationCounts {
  readonly byStatus: Map<number, number>;
  /** One more than there are buckets: the last counts what is slower than all. */
  readonly buckets: number[];
  totalSeconds: number;
}

/** Counts requests by operation and status, their time, and the messages that went in and out. */
export class Metrics {
  readonly #operations = new Map<OperationName, OperationCounts>();
  readonly #messages = { putCount: 0, putBytes: 0, gotCount: 0, gotBytes: 0 };

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
    this.#messages.putCount += count;
    this.#messages.putBytes += bytes;
  }

  /** Messages were read; `bytes` are those of the answer. */
  messagesGot(count: number, bytes: number): void {
    this.#messages.gotCount += count;
    this.#messages.gotBytes += bytes;
  }

  /** All figures in Prometheus' text format, those of the process included. */
  async render(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { collectDefaultMetrics, Counter, Registry } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const counters = [
      ['millrace_put_messages_total', 'Messages put.', this.#messages.putCount],
      ['millrace_put_bytes_total', 'Decoded bytes of keys and values put.', this.#messages.putBytes],
      ['millrace_got_messages_total', 'Messages read.', this.#messages.gotCount],
      ['millrace_got_bytes_total', 'Bytes of the answers they were read in.', this.#messages.gotBytes],
    ] as const;
    for (const [name, help, value] of counters) new Counter({ name, help, registers: [registry] }).inc(value);
    const own = await registry.metrics();
    return { contentType: registry.contentType, text: `${own}\n${this.#renderRequests()}` };
  }

  #countsOf(operation: OperationName): OperationCounts {
    const known = this.#operations.get(operation);
    if (known !== undefined) return known;
    const counts = { byStatus: new Map<number, number>(), buckets: [], totalSeconds: 0 };
    this.#operations.set(operation, counts);
    return counts;
  }

  /** The histogram is written here: the library offers no way to hand it finished counts. */
  #renderRequests(): string {
    const name = 'millrace_request_seconds';
    const lines = [`# HELP ${name} Time from a request's first byte to its answer.`, `# TYPE ${name} histogram`];
    const totals = ['# HELP millrace_requests_total Requests answered.', '# TYPE millrace_requests_total counter'];
    for (const [operation, { byStatus, buckets, totalSeconds }] of this.#operations) {
      let cumulative = 0;
      for (const [index, bound] of latencyBucketsSeconds.entries()) {
        cumulative += buckets[index] ?? 0;
        lines.push(`${name}_bucket{operation="${operation}",le="${bound}"} ${cumulative}`);
      }
      const count = cumulative + (buckets[latencyBucketsSeconds.length] ?? 0);
      lines.push(`${name}_bucket{operation="${operation}",le="+Inf"} ${count}`);
      lines.push(`${name}_sum{operation="${operation}"} ${totalSeconds}`, `${name}_count{operation="${operation}"} ${count}`);
      for (const [status, number] of byStatus) totals.push(`millrace_requests_total{operation="${operation}",status="${status}"} ${number}`);
    }
    return `${[...totals, ...lines].join('\n')}\n`;
  }
}
