/**
 * The HTTP server around the routes: limits, guards, who is calling, errors in one shape, one log line a refusal.
 * Order: Host and address length (before routing), rate per address, credentials, foreign pages, role, rate per
 * caller, body. A route that does not say who may use it cannot be registered.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { API_ERRORS } from '../contract/errors.ts';
import type { AccessRole } from '../contract/session.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { AccessGrant } from '../store/api_access.ts';
import { type AccessControl, includesRole } from './access.ts';
import { readCookie } from './cookie.ts';
import { ApiError, errorBody, toApiError } from './errors.ts';
import { type Allowed, followsLink, refuseForeignPage, refuseHost } from './guard.ts';
import { parseJsonText } from './json_body.ts';
import { RateLimiter, type RateLimitOptions } from './rate_limit.ts';
import { SECURITY_HEADERS } from './security_headers.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route; a route without it is refused at registration. */
    access?: AccessRole | 'public';
    /** Pages of the app: public, without data, and may not be framed, so links of other sites may lead to them. */
    linkable?: true;
    /** A stricter rate for each address, besides the general one. */
    addressRate?: RateLimiter;
  }
  interface FastifyRequest {
    grant: AccessGrant | null;
    errorCode: string | null;
  }
}

export interface HttpLimits {
  readonly bodyBytes: number;
  readonly urlBytes: number;
  /** Beyond this Node itself answers 431. */
  readonly headerBytes: number;
  /** The headers must be complete within this. */
  readonly headersTimeoutMs: number;
  /** The whole request must be complete within this. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
  readonly perAddress: RateLimitOptions;
  readonly perCaller: RateLimitOptions;
  /** Attempts to sign in of one address. */
  readonly signIn: RateLimitOptions;
}

export const HTTP_LIMITS: HttpLimits = {
  bodyBytes: 64 * 1024,
  urlBytes: 8 * 1024,
  headerBytes: 160 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  maxConnections: 4_000,
  perAddress: { burst: 400, perSecond: 100 },
  perCaller: { burst: 200, perSecond: 50 },
  signIn: { burst: 10, perSecond: 0.2 },
};

export interface HttpAppOptions {
  readonly access: AccessControl;
  /** Known only once the port is. */
  readonly allowed: () => Allowed;
  readonly cookieName: () => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly limits: HttpLimits;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  /** Taken for each refused or failed request. */
  readonly onOutcome?: (code: string) => void;
}

const pathOf = (url: string | undefined): string => (url ?? '').split('?', 1)[0]?.slice(0, 200) ?? '';

function answerEarly(res: ServerResponse, code: keyof typeof API_ERRORS, message: string, id: string): void {
  res.writeHead(API_ERRORS[code][0], {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  res.end(JSON.stringify(errorBody(code, message, id)));
}

/** The Node server: what is refused here never reaches the router. */
function listener(options: HttpAppOptions, newId: () => string, handler: Handler): Server {
  const { limits } = options;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
      keepAliveTimeout: 30_000,
    },
    (req, res) => {
      const refusal = refuseHost(req, options.allowed());
      const tooLong = (req.url?.length ?? 0) > limits.urlBytes;
      if (refusal === undefined && !tooLong) {
        handler(req, res);
        return;
      }
      const requestId = newId();
      const code = refusal?.code ?? 'URI_TOO_LONG';
      options.onOutcome?.(code);
      options.log.info(
        { requestId, code, method: req.method, path: pathOf(req.url), host: req.headers.host?.slice(0, 100) },
        'request refused',
      );
      answerEarly(res, code, refusal?.message ?? API_ERRORS.URI_TOO_LONG[1], requestId);
    },
  );
  server.maxConnections = limits.maxConnections;
  return server;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** A request that Node could not read: too large, too slow, or not HTTP. Answered if the socket still takes it. */
function clientError(options: HttpAppOptions, newId: () => string) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    const code =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? 'HEADERS_TOO_LARGE'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? 'REQUEST_TIMEOUT'
          : 'REQUEST_INVALID';
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    const requestId = newId();
    options.onOutcome?.(code);
    options.log.info({ requestId, code, cause: error.code }, 'request refused');
    const body = JSON.stringify(errorBody(code, API_ERRORS[code][1], requestId));
    const status = API_ERRORS[code][0];
    socket.end(
      `HTTP/1.1 ${status} ${code}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `x-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    // Leave the answer a moment to arrive before what is still unread makes the kernel reset the connection.
    options.clock.after(500, () => socket.destroy(), { background: true });
  };
}

export interface Credentials {
  readonly via: 'session' | 'token';
  readonly secret: string;
}

/** A bearer token if there is an Authorization header, else the session cookie. */
export function credentialsOf(headers: IncomingMessage['headers'], cookieName: string): Credentials | null {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const secret = /^Bearer ([!-~]{1,200})$/i.exec(authorization)?.[1] ?? '';
    return { via: 'token', secret };
  }
  const secret = readCookie(headers.cookie, cookieName);
  return secret === undefined ? null : { via: 'session', secret };
}

/** Builds the server without routes. */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const newId = () =>
    options.random
      .int(2 ** 48)
      .toString(36)
      .padStart(10, '0');
  const app = Fastify({
    logger: false,
    bodyLimit: options.limits.bodyBytes,
    genReqId: newId,
    trustProxy: options.trustedProxies ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 200, caseSensitive: true },
    forceCloseConnections: true,
    serverFactory: (handler) => listener(options, newId, handler as Handler),
    clientErrorHandler: clientError(options, newId),
  });
  app.decorateRequest('grant', null);
  app.decorateRequest('errorCode', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`route ${String(route.method)} ${route.url} does not say who may use it`);
    }
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonText(body as string));
    } catch (error) {
      done(error as Error);
    }
  });
  admitCallers(app, options);
  answerErrors(app, options);
  return app;
}

/** Who is calling, may they, and how often. */
function admitCallers(app: FastifyInstance, options: HttpAppOptions): void {
  const perAddress = new RateLimiter(options.limits.perAddress);
  const perCaller = new RateLimiter(options.limits.perCaller);
  const limit = (limiter: RateLimiter, key: string) => {
    const wait = limiter.take(key, options.clock.monotonic());
    if (wait > 0) throw new ApiError('RATE_LIMITED', undefined, { retryAfterSeconds: wait });
  };
  app.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    limit(perAddress, request.ip);
    const { access, addressRate, linkable } = request.routeOptions.config;
    if (addressRate) limit(addressRate, request.ip);
    const credentials = access === 'public' ? null : credentialsOf(request.headers, options.cookieName());
    const raw = request.raw as { method: string; headers: IncomingMessage['headers'] };
    const via = credentials?.via === 'session' ? 'cookie' : 'other';
    const refusal =
      access === 'public' && linkable && followsLink(raw)
        ? undefined
        : refuseForeignPage(raw, options.allowed(), via);
    if (refusal) throw new ApiError(refusal.code, refusal.message);
    if (access === 'public' || access === undefined) return;
    request.grant = credentials && (await options.access.identify(credentials.via, credentials.secret));
    if (request.grant === null) throw new ApiError('AUTH_REQUIRED');
    if (!includesRole(request.grant.role, access)) throw new ApiError('AUTH_FORBIDDEN');
    limit(perCaller, `${request.grant.via}:${request.grant.id}`);
  });
}

/** One shape for every error; one log line for every request that was refused or failed. */
function answerErrors(app: FastifyInstance, options: HttpAppOptions): void {
  app.setErrorHandler((error, request, reply) => {
    const known = toApiError(error);
    request.errorCode = known.code;
    if (known.code === 'INTERNAL') options.log.error({ requestId: request.id, err: error }, 'request failed');
    if (known.code === 'AUTH_REQUIRED') reply.header('www-authenticate', 'Bearer realm="autotrade"');
    if (known.retryAfterSeconds !== undefined) reply.header('retry-after', known.retryAfterSeconds);
    return reply
      .code(known.status)
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(errorBody(known.code, known.message, request.id)));
  });
  app.addHook('onResponse', async (request, reply) => {
    options.onOutcome?.(request.errorCode ?? 'OK');
    const fields = {
      requestId: request.id,
      method: request.method,
      path: pathOf(request.url),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (request.errorCode === 'INTERNAL') return;
    if (request.errorCode !== null)
      options.log.info({ ...fields, code: request.errorCode }, 'request refused');
    else options.log.debug(fields, 'request answered');
  });
}
