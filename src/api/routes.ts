/** Registers every operation of the contract: checked input in, the operation's answer out. */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { OPERATIONS, type Operation, type OperationId } from '../contract/operations.ts';
import type { AccessGrant } from '../store/api_access.ts';
import { ApiError } from './errors.ts';
import type { RateLimiter } from './rate_limit.ts';

type SchemaOf<Op, Part extends string> = Op extends { readonly [K in Part]: infer S extends z.ZodType }
  ? S
  : never;
type Parsed<Op, Part extends string> = [SchemaOf<Op, Part>] extends [never]
  ? undefined
  : z.output<SchemaOf<Op, Part>>;

export interface Call<Id extends OperationId> {
  readonly params: Parsed<(typeof OPERATIONS)[Id], 'params'>;
  readonly query: Parsed<(typeof OPERATIONS)[Id], 'query'>;
  readonly body: Parsed<(typeof OPERATIONS)[Id], 'body'>;
  /** Who calls; null only where the operation is public. */
  readonly grant: AccessGrant | null;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Operations that answer with a file instead of JSON. */
type FileOperation = {
  [Id in OperationId]: (typeof OPERATIONS)[Id] extends { readonly mediaType: string } ? Id : never;
}[OperationId];

type Answer<Id extends OperationId> = Id extends FileOperation
  ? Readable
  : [SchemaOf<(typeof OPERATIONS)[Id], 'response'>] extends [never]
    ? undefined
    : z.input<SchemaOf<(typeof OPERATIONS)[Id], 'response'>>;

/** One function for each operation; a missing one does not compile. */
export type Handlers = { readonly [Id in OperationId]: (call: Call<Id>) => Promise<Answer<Id>> };

/** @throws ApiError `REQUEST_INVALID` that names the part, the field and what is wrong. */
function checkInput<S extends z.ZodType>(schema: S, value: unknown, part: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 3)
    .map(
      (issue) =>
        `${[part, ...issue.path.map(String)].join(' ').slice(0, 80)}: ${issue.message.slice(0, 160)}`,
    );
  throw new ApiError('REQUEST_INVALID', issues.join('; '));
}

export interface RouteOptions {
  /** Checks answers against the contract as well: for tests. */
  readonly checkAnswers?: boolean;
  /** Stricter rates for single operations. */
  readonly addressRates?: Partial<Record<OperationId, RateLimiter>>;
}

/** Path of Fastify (":name") from one of OpenAPI ("{name}"). */
const fastifyPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

export function registerOperations(
  app: FastifyInstance,
  handlers: Handlers,
  options: RouteOptions = {},
): void {
  for (const [id, operation] of Object.entries(OPERATIONS) as [OperationId, Operation][]) {
    const handler = handlers[id] as (call: unknown) => Promise<unknown>;
    const addressRate = options.addressRates?.[id];
    app.route({
      method: operation.method,
      url: fastifyPath(operation.path),
      config: { access: operation.access, ...(addressRate ? { addressRate } : {}) },
      handler: async (request, reply) => {
        const answer = await handler({
          params: operation.params && checkInput(operation.params, request.params, 'path'),
          query: operation.query && checkInput(operation.query, request.query, 'query'),
          body: operation.body && checkInput(operation.body, request.body, 'body'),
          grant: request.grant,
          request,
          reply,
        });
        // A handler may have said otherwise, and that what the caller has is still current.
        if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
        if (reply.statusCode === 304) return reply.send();
        if (operation.response === undefined) return reply.code(204).send();
        // The handler has set the type: it may depend on the query.
        if (operation.mediaType !== undefined) return reply.send(answer);
        if (options.checkAnswers) operation.response.parse(answer);
        return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer));
      },
    });
  }
}

const PATTERNS = (Object.values(OPERATIONS) as Operation[]).map((operation) => ({
  method: operation.method,
  pattern: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Methods that a path has, if it is one of ours: to tell a wrong method from a wrong path. */
export function methodsOf(path: string): string[] {
  return PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}
