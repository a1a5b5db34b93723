/** HTTP to the venue: budget, time limits, and every way to fail told apart. */
import type { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { errorMessage } from '../runtime/errors.ts';
import { withoutSecretsOf } from '../runtime/redact.ts';
import { VenueError } from './errors.ts';
import type { InfoRequest } from './info/request.ts';
import type { WeightGrant, WeightLane, WeightLedger } from './weight/ledger.ts';

export interface InfoClientOptions {
  /** "https://api.hyperliquid.xyz/info" */
  readonly url: string;
  readonly ledger: WeightLedger;
  readonly clock: Clock;
  /** Until the last byte of the answer. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** Default 32 MiB. */
  readonly maxAnswerBytes?: number;
  /** Default: the platform's own; `fetchFrom` gives one that leaves through a chosen address. */
  readonly fetch?: typeof fetch;
  /** Told the outcome of every request: 'ok' or a VenueErrorCode, and how long it took. For metrics. */
  readonly observe?: (type: string, outcome: string, elapsedMs: number) => void;
}

export interface AskOptions {
  readonly lane: WeightLane;
  readonly signal?: AbortSignal;
  /** Longest wait for free weight; default: no limit. */
  readonly maxWaitMs?: number;
}

export interface InfoClient {
  /**
   * Asks /info once; never retries by itself.
   * @throws VenueError; AppError `WEIGHT_EXHAUSTED`; the signal's reason when aborted.
   */
  ask<Answer>(request: InfoRequest<Answer>, options: AskOptions): Promise<Answer>;
}

export function createInfoClient(options: InfoClientOptions): InfoClient {
  return {
    async ask(request, ask) {
      const grant = await options.ledger.acquire(request.maxWeight ?? request.weight, ask.lane, ask);
      const startedAt = options.clock.monotonic();
      const observe = (outcome: string) =>
        options.observe?.(request.body.type, outcome, options.clock.monotonic() - startedAt);
      try {
        const answer = await askOnce(options, request, grant, ask.signal);
        observe('ok');
        return answer;
      } catch (error) {
        observe(error instanceof VenueError ? error.code : 'aborted');
        throw error;
      }
    },
  };
}

/** Settles the grant in every case: with the true cost after an answer, as wholly spent otherwise. */
async function askOnce<Answer>(
  options: InfoClientOptions,
  request: InfoRequest<Answer>,
  grant: WeightGrant,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  let cost: number | undefined;
  try {
    const value = await post(options, request.body, signal);
    const answer = matching(request.schema, value, request.body.type);
    cost = request.weight + (request.surcharge?.(answer) ?? 0);
    return answer;
  } finally {
    await grant.settle(cost);
  }
}

async function post(options: InfoClientOptions, body: object, signal?: AbortSignal): Promise<unknown> {
  const limit = new AbortController();
  const timer = options.clock.after(options.timeoutMs ?? 10_000, () => limit.abort());
  const stop = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  try {
    const response = await (options.fetch ?? fetch)(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: stop,
    });
    const text = await readText(response, options.maxAnswerBytes ?? 32 * 2 ** 20);
    return parseAnswer(options.url, response, text);
  } catch (error) {
    if (error instanceof VenueError) throw error;
    if (signal?.aborted) throw signal.reason;
    if (limit.signal.aborted) throw new VenueError('VENUE_TIMEOUT', 'the venue did not answer in time');
    const why = withoutSecretsOf(options.url, networkCause(error));
    throw new VenueError('VENUE_NETWORK', `cannot reach the venue: ${why}`, { cause: error });
  } finally {
    timer.cancel();
  }
}

/** fetch hides the reason ("ECONNREFUSED") in the cause. */
const networkCause = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : errorMessage(error);

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new VenueError('VENUE_TOO_LARGE', `an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Error pages repeat the address that was asked, which may hold the key of a private node. */
const excerptOf = (url: string, text: string): string =>
  JSON.stringify(withoutSecretsOf(url, text.slice(0, 2_000)).slice(0, 120));

function parseAnswer(url: string, response: Response, text: string): unknown {
  const { status } = response;
  const excerpt = excerptOf(url, text);
  if (status === 429)
    throw new VenueError('VENUE_RATE_LIMITED', 'too much request weight (HTTP 429)', { status });
  if (status >= 500) throw new VenueError('VENUE_UNAVAILABLE', `HTTP ${status}: ${excerpt}`, { status });
  if (status !== 200) throw new VenueError('VENUE_REFUSED', `HTTP ${status}: ${excerpt}`, { status });
  if (/^\s*</.test(text) || !/json/.test(response.headers.get('content-type') ?? '')) {
    throw new VenueError('VENUE_NOT_JSON', `HTTP 200, but no JSON: ${excerpt}`, { status });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VenueError('VENUE_BAD_JSON', `JSON that cannot be read (${text.length} characters)`, {
      cause: error,
      status,
    });
  }
}

function matching<Answer>(schema: z.ZodType<Answer>, value: unknown, type: string): Answer {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.').slice(0, 120) ?? '';
  throw new VenueError('VENUE_SCHEMA', `${type}: ${issue?.message ?? 'another shape'} at "${where}"`);
}
