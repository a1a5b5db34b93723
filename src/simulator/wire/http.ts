/** POST /info and POST /exchange over node http, with the refusals of the venue's own server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { type Backend, RequestRefused } from './backend.ts';
import { fatedOutcome, matchable, type Outcome } from './fated_answers.ts';
import type { FaultGate } from './fault_gate.ts';
import type { Limits } from './limits.ts';
import { actorOf, answerExchange, answerInfo } from './requests.ts';

/** Bodies beyond this are refused before they are read to the end. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

const CORS = {
  'access-control-allow-origin': '*',
  vary: 'origin, access-control-request-method, access-control-request-headers',
};

export interface HttpParts {
  readonly backend: Backend;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly faults: FaultGate | undefined;
  readonly log: Logger;
}

/** The client's address as one text for IPv4 and IPv4-in-IPv6. */
export const clientIp = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    ...CORS,
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Reads the body; one that is too long is read to its end without being kept, so that the client hears why. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (bytes: Buffer) => {
      length += bytes.length;
      if (length <= MAX_BODY_BYTES) chunks.push(bytes);
      else chunks = [];
    });
    request.on('end', () => {
      if (length <= MAX_BODY_BYTES) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(new RequestRefused(413, 'Failed to buffer the request body: length limit exceeded'));
    });
    request.on('error', reject);
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestRefused(400, `Failed to parse the request body as JSON: ${errorMessage(error)}`);
  }
}

/** The path and body of a request that reached a handler's door. */
async function readRequest(
  request: IncomingMessage,
): Promise<{ path: '/info' | '/exchange'; body: unknown }> {
  const path = (request.url ?? '/').split('?')[0];
  if (path !== '/info' && path !== '/exchange') throw new RequestRefused(404, 'Not Found');
  if (request.method !== 'POST') throw new RequestRefused(405, 'Method Not Allowed');
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType))
    throw new RequestRefused(415, 'Expected request with `Content-Type: application/json`');
  return { path, body: parseBody(await readBody(request)) };
}

async function outcomeOf(parts: HttpParts, request: IncomingMessage): Promise<Outcome> {
  const { backend, limits, faults, clock } = parts;
  const { path, body } = await readRequest(request);
  const ip = clientIp(request);
  const header = request.headers['x-request-id'];
  const requestId = typeof header === 'string' ? header : undefined;
  const actor = () => (path === '/exchange' ? actorOf(backend, body) : undefined);
  const fate = faults?.request({ path, ip, body: matchable(body), requestId, actor });
  const ledger = limits.of(ip);
  return fatedOutcome(
    fate,
    (ms) => clock.sleep(ms),
    () => (path === '/info' ? answerInfo(backend, ledger, body).data : answerExchange(backend, ledger, body)),
  );
}

function finish(request: IncomingMessage, response: ServerResponse, outcome: Outcome): void {
  if (outcome.kind === 'hang') return;
  if (outcome.kind === 'reset') {
    request.socket.destroy();
    return;
  }
  for (const [name, value] of Object.entries(outcome.headers)) response.setHeader(name, value);
  send(response, outcome.status, outcome.contentType, outcome.body);
}

/** Never throws and leaves no request unanswered, except where a fault says so. */
export async function handleHttp(
  parts: HttpParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'OPTIONS') {
    response.writeHead(200, {
      ...CORS,
      'access-control-allow-methods': '*',
      'access-control-allow-headers': '*',
    });
    response.end();
    return;
  }
  try {
    finish(request, response, await outcomeOf(parts, request));
  } catch (error) {
    if (error instanceof RequestRefused) {
      if (error.status === 413) response.setHeader('connection', 'close');
      send(response, error.status, error.contentType, error.body);
      return;
    }
    if (request.destroyed) return;
    parts.log.error({ err: error, url: request.url }, 'request handler failed');
    send(response, 500, 'application/json', 'null');
  }
}
