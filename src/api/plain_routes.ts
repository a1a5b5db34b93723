/** Routes beside the contract's operations: health, metrics, documents, the web app, and what is nobody's. */
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { UPDATES_PATH } from '../contract/updates.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Queryable } from '../store/database.ts';
import type { NewsListener } from '../store/news.ts';
import { DOCS_STYLE, type Document, docsPage } from './docs_page.ts';
import { ApiError } from './errors.ts';
import { failingChecks, type LoopLag, type ReadyCheck } from './health.ts';
import { type ApiMetrics, exposition } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { methodsOf } from './routes.ts';
import type { Identity, StatsCollector } from './stats.ts';
import { chooseBody, findWebFile, type WebFiles } from './web_files.ts';

/** Event loop blocked longer than this: not alive. */
export const MAX_LOOP_LAG_MS = 2_000;

export interface PlainOptions {
  readonly db: Queryable;
  readonly news: Pick<NewsListener, 'connected'>;
  readonly clock: Clock;
  readonly identity: Identity;
  /** Name of this service in the heartbeats. */
  readonly instance: string;
  readonly stats: StatsCollector;
  readonly lag: LoopLag;
  readonly metrics: ApiMetrics;
}

export function registerPlain(app: FastifyInstance, options: PlainOptions): void {
  const { db, clock, identity, lag, metrics, stats } = options;
  const checks: ReadyCheck[] = [
    { name: 'database', check: () => db.query('SELECT 1') },
    {
      name: 'news',
      check: async () => {
        if (!options.news.connected) throw new Error('not listening');
      },
    },
  ];
  app.get('/livez', { config: { access: 'public' } }, async (_request, reply) => {
    const alive = lag.ms <= MAX_LOOP_LAG_MS;
    return reply
      .code(alive ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ alive });
  });
  app.get('/readyz', { config: { access: 'public' } }, async (_request, reply) => {
    const failing = await failingChecks(checks, clock);
    const ready = failing.length === 0;
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, failing });
  });
  app.get('/metrics', { config: { access: 'viewer' } }, async (_request, reply) => {
    const own = { instance: options.instance, host: identity.host, registry: metrics.registry };
    const text = await exposition(own, stats.beats, clock.now());
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(text);
  });
  const document = openApiDocument(identity.version);
  const json = JSON.stringify(document);
  const page = docsPage(document as unknown as Document);
  app.get('/api/docs/openapi.json', { config: { access: 'viewer' } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(json),
  );
  app.get('/api/docs', { config: { access: 'viewer' } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  );
  app.get('/api/docs/style.css', { config: { access: 'public' } }, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  );
  app.get(UPDATES_PATH, { config: { access: 'viewer' } }, async () => {
    throw new ApiError('REQUEST_INVALID', 'This address speaks WebSocket only.');
  });
}

const NOT_BUILT = 'The web app is not built. Run `npm run build`, then start again.\n';

/** The web app's files, its page for its own routes, and what is nobody's. */
export function registerWeb(app: FastifyInstance, files: WebFiles): void {
  app.get('/*', { config: { access: 'public', linkable: true } }, async (request, reply) => {
    const path = decodePath(request.url);
    const file = path === undefined ? undefined : findWebFile(files, path);
    if (file !== undefined) {
      reply
        .header('etag', file.etag)
        .header('cache-control', file.cacheControl)
        .header('vary', 'accept-encoding');
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      const { body, encoding } = chooseBody(file, request.headers['accept-encoding']);
      if (encoding !== undefined) reply.header('content-encoding', encoding);
      return reply.type(file.type).send(body);
    }
    if (path === '/' && files.size === 0)
      return reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT);
    throw notFound(path ?? '', reply);
  });
  app.setNotFoundHandler((request, reply) => {
    throw notFound(decodePath(request.url) ?? '', reply);
  });
}

function notFound(path: string, reply: { header(name: string, value: string): unknown }): ApiError {
  const methods = methodsOf(path);
  if (methods.length === 0) return new ApiError('NOT_FOUND', `${STATUS_CODES[404]}: no such address.`);
  reply.header('allow', methods.join(', '));
  return new ApiError('METHOD_NOT_ALLOWED', `This address takes ${methods.join(', ')}.`);
}

/** The path of a URL, decoded; undefined if it cannot be. */
function decodePath(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '');
  } catch {
    return undefined;
  }
}
