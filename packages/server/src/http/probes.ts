// Health and metrics: outside the API, without signatures.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { header } from 'millrace-protocol';
import { renderLags } from '../groups/lag-metrics.ts';
import type { Service } from '../service.ts';
import type { RequestIds } from './request-id.ts';

/** `/health/live`: the process runs. `/health/ready`: requests are served. `/metrics`: Prometheus text. */
export function addProbes(app: FastifyInstance, service: Service, requestIds: RequestIds): void {
  const answer = (reply: FastifyReply, status: number, body: object): FastifyReply =>
    reply.code(status).header(header.requestId, requestIds.next(undefined)).type('application/json').send(JSON.stringify(body));

  app.get('/health/live', (_request, reply) => answer(reply, 200, { status: 'live' }));

  app.get('/health/ready', async (_request, reply) => {
    const { durability } = service.engine;
    try {
      await service.engine.listLogs();
      service.catalogue.check();
      service.groups.check();
      return answer(reply, 200, { status: 'ready', durability });
    } catch (error) {
      return answer(reply, 503, { status: 'failed', durability, reason: error instanceof Error ? error.message : String(error) });
    }
  });

  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await service.metrics.render(await renderLags(service));
    return reply.header(header.requestId, requestIds.next(undefined)).type(contentType).send(text);
  });
}
