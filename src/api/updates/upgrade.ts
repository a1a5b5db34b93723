/** From an HTTP upgrade request to an accepted socket: the same guards as HTTP, before the handshake. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { API_ERRORS, type ApiErrorCode } from '../../contract/errors.ts';
import { UPDATES_PATH, UPDATES_PROTOCOL } from '../../contract/updates.ts';
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { AccessGrant } from '../../store/api_access.ts';
import type { AccessControl } from '../access.ts';
import type { ClientAddress } from '../client_address.ts';
import { errorBody, toApiError } from '../errors.ts';
import { type Allowed, refuseForeignPage, refuseHost } from '../guard.ts';
import { credentialsOf } from '../http_app.ts';
import { RateLimiter, type RateLimitOptions } from '../rate_limit.ts';

const MAX_MESSAGE_BYTES = 16 * 1024;
const TICKET = /^ticket\.([A-Za-z0-9_-]{20,100})$/;

export interface UpgradeOptions {
  readonly access: AccessControl;
  readonly allowed: () => Allowed;
  readonly cookieName: () => string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Connections in all, and of one session or token. */
  readonly maxConnections: number;
  readonly maxPerCaller: number;
  readonly perAddress: RateLimitOptions;
  readonly clientAddress: ClientAddress;
  readonly newId: () => string;
  readonly onOutcome?: (code: string) => void;
  readonly accept: (socket: WebSocket, grant: AccessGrant) => void;
}

interface Refused {
  readonly code: ApiErrorCode;
  readonly message?: string;
}

/** Answers upgrades on `server` until `stop`. */
export class UpgradeGate {
  readonly #options: UpgradeOptions;
  readonly #sockets: WebSocketServer;
  readonly #rate: RateLimiter;
  readonly #byCaller = new Map<string, number>();
  #count = 0;
  #stopped = false;

  constructor(server: Server, options: UpgradeOptions) {
    this.#options = options;
    this.#rate = new RateLimiter(options.perAddress);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: () => UPDATES_PROTOCOL,
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (this.#stopped) socket.destroy();
      else void this.#upgrade(request, socket, head);
    });
  }

  /** From now on nobody is let in. */
  stop(): void {
    this.#stopped = true;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let verdict: AccessGrant | Refused;
    try {
      verdict = await this.#admit(request);
    } catch (error) {
      const known = toApiError(error);
      if (known.code === 'INTERNAL')
        this.#options.log.error({ error: errorMessage(error) }, 'upgrade failed');
      verdict = { code: known.code };
    }
    if (socket.destroyed) return;
    if ('code' in verdict) {
      this.#refuse(request, socket, verdict);
      return;
    }
    const grant = verdict;
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      this.#countIn(grant, client);
      this.#options.accept(client, grant);
    });
  }

  /** Who it is, or why not. Nothing of the request is believed before Host and Origin are. */
  async #admit(request: IncomingMessage): Promise<AccessGrant | Refused> {
    const { access, allowed, clientAddress, clock, cookieName } = this.#options;
    const refusal = refuseHost(request, allowed());
    if (refusal) return refusal;
    if ((request.url ?? '').split('?', 1)[0] !== UPDATES_PATH) return { code: 'NOT_FOUND' };
    if (this.#rate.take(clientAddress(request), clock.monotonic()) > 0) return { code: 'RATE_LIMITED' };
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(UPDATES_PROTOCOL)) {
      return { code: 'REQUEST_INVALID', message: `Ask for the subprotocol ${UPDATES_PROTOCOL}.` };
    }
    const ticket = offered.map((name) => TICKET.exec(name)?.[1]).find((value) => value !== undefined);
    const credentials = ticket === undefined ? credentialsOf(request.headers, cookieName()) : null;
    // An upgrade is a GET, but it opens a channel: with a cookie it is judged like a request that changes something.
    const asked = { method: 'POST', headers: request.headers };
    const foreign = refuseForeignPage(asked, allowed(), credentials?.via === 'session' ? 'cookie' : 'other');
    if (foreign) return foreign;
    const grant =
      ticket === undefined
        ? credentials && (await access.identify(credentials.via, credentials.secret))
        : await access.redeemTicket(ticket);
    if (grant === null) return { code: 'AUTH_REQUIRED' };
    if (this.#count >= this.#options.maxConnections)
      return { code: 'UNAVAILABLE', message: 'Too many connections.' };
    if ((this.#byCaller.get(callerKey(grant)) ?? 0) >= this.#options.maxPerCaller) {
      return { code: 'RATE_LIMITED', message: 'Too many connections of this session or token.' };
    }
    return grant;
  }

  #countIn(grant: AccessGrant, client: WebSocket): void {
    const key = callerKey(grant);
    this.#count++;
    this.#byCaller.set(key, (this.#byCaller.get(key) ?? 0) + 1);
    client.once('close', () => {
      this.#count--;
      const left = (this.#byCaller.get(key) ?? 1) - 1;
      if (left > 0) this.#byCaller.set(key, left);
      else this.#byCaller.delete(key);
    });
  }

  #refuse(request: IncomingMessage, socket: Duplex, { code, message }: Refused): void {
    const requestId = this.#options.newId();
    const body = JSON.stringify(errorBody(code, message ?? API_ERRORS[code][1], requestId));
    this.#options.onOutcome?.(code);
    this.#options.log.info(
      {
        requestId,
        code,
        path: (request.url ?? '').split('?', 1)[0]?.slice(0, 200),
        client: this.#options.clientAddress(request).slice(0, 100),
      },
      'upgrade refused',
    );
    socket.end(
      `HTTP/1.1 ${API_ERRORS[code][0]} ${code}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
}

const callerKey = (grant: AccessGrant): string => `${grant.via}:${grant.id}`;
