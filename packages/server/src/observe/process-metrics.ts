// Figures of the process itself, from the Prometheus library: one set a process, made when somebody first asks.
import type { Registry } from 'prom-client';

let registry: Promise<Registry> | undefined;

/** CPU, memory, event loop and garbage collection in Prometheus' text format, and its content type. */
export async function renderProcessMetrics(): Promise<{ readonly contentType: string; readonly text: string }> {
  registry ??= openRegistry();
  const opened = await registry;
  return { contentType: opened.contentType, text: await opened.metrics() };
}

async function openRegistry(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const opened = new Registry();
  collectDefaultMetrics({ register: opened });
  return opened;
}
