// Health and metrics: outside the API, without signatures.
import { renderLags } from '../groups/lag-metrics.ts';
import type { Service } from '../service.ts';

/** `live`: the process runs. `ready`: requests are served. `metrics`: Prometheus text. */
export const probePaths = { live: '/health/live', ready: '/health/ready', metrics: '/metrics' } as const;
export type ProbeName = keyof typeof probePaths;

export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly contentType: string;
  readonly text: string;
}

/** Answers the probe; throws only what nobody foresaw. */
export const probes: Readonly<Record<ProbeName, (service: Service) => Promise<ProbeAnswer>>> = {
  live: async () => json(200, { status: 'live' }),
  ready: async ({ engine, catalogue, groups }) => {
    const { durability } = engine;
    try {
      await engine.listLogs();
      catalogue.check();
      groups.check();
      return json(200, { status: 'ready', durability });
    } catch (error) {
      return json(503, { status: 'failed', durability, reason: error instanceof Error ? error.message : String(error) });
    }
  },
  metrics: async (service) => ({ status: 200, ...(await service.metrics.render(await renderLags(service))) }),
};

function json(status: ProbeAnswer['status'], body: object): ProbeAnswer {
  return { status, contentType: 'application/json', text: JSON.stringify(body) };
}
