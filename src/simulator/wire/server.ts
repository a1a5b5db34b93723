/** The simulator's public face: http and WebSocket on one port, over any backend. */
import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../runtime/clock.ts';
import { errorMessage } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { Backend } from './backend.ts';
import { Connection } from './connection.ts';
import type { FaultGate } from './fault_gate.ts';
import { clientIp, type HttpParts, handleHttp } from './http.ts';
import { Hub } from './hub.ts';
import { type LimitSettings, Limits, VENUE_LIMITS } from './limits.ts';
import { listen } from './listen.ts';

/** Largest WebSocket message that a client may send. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** How long an idle HTTP connection is kept: nginx's default, which is what answers on the real venue. */
const KEEP_ALIVE_MS = 75_000;
/** WebSocket policy violation: too many connections. */
const POLICY_VIOLATION = 1008;

export interface WireOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly log: Logger;
  /** What may go wrong on purpose; absent: nothing. */
  readonly faults?: FaultGate;
  /** Overrides of VENUE_LIMITS. */
  readonly limits?: Partial<LimitSettings>;
}

export interface WireServer {
  readonly hub: Hub;
  readonly port: number;
  /** http://host:port, what clients use as the API address. */
  readonly url: string;
  /** ws://host:port/ws */
  readonly websocketUrl: string;
  /** Drops every WebSocket connection without a close frame. */
  dropConnections(): void;
  connections(): number;
  close(): Promise<void>;
}

const httpServer = (parts: HttpParts): Server =>
  createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => void handleHttp(parts, request, response),
  );

/** Counts one more of an address. @returns which one it is, from 1 */
function countOne(counts: Map<string, number>, ip: string): number {
  const count = (counts.get(ip) ?? 0) + 1;
  counts.set(ip, count);
  return count;
}

/** Starts serving the backend and starts the backend. @throws ConfigError PORT_IN_USE */
export async function startWireServer(options: WireOptions): Promise<WireServer> {
  const { backend, clock, log, faults } = options;
  const settings = { ...VENUE_LIMITS, ...options.limits };
  const limits = new Limits(settings, clock);
  const hub = new Hub();
  const open = new Set<Connection>();
  const connects = new Map<string, number>();
  const http = httpServer({ backend, limits, clock, faults, log });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    if ((request.url ?? '').split('?')[0] !== '/ws') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    const ip = clientIp(request);
    const refusedStatus = faults?.connect(ip);
    if (refusedStatus !== undefined) {
      socket.end(`HTTP/1.1 ${refusedStatus} Refused\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', (error) => log.debug({ error: errorMessage(error) }, 'client socket failed'));
      const ledger = limits.of(ip);
      const refused = ledger.openConnection();
      if (refused !== undefined) {
        client.close(POLICY_VIOLATION, refused);
        return;
      }
      const connection = new Connection(client, {
        backend,
        hub,
        ledger,
        socket: { ip, ordinal: countOne(connects, ip) },
        faults,
        limits: settings,
        clock,
        log,
      });
      open.add(connection);
      client.on('close', () => open.delete(connection));
    });
  });

  const port = await listen(http, options.port, options.host, 'SIMULATOR_PORT');
  backend.start(hub);
  const close = async () => {
    backend.stop();
    dropAll(open);
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    http.closeAllConnections();
    sockets.close();
    await closed;
  };
  return {
    hub,
    port,
    url: `http://${options.host}:${port}`,
    websocketUrl: `ws://${options.host}:${port}/ws`,
    dropConnections: () => dropAll(open),
    connections: () => open.size,
    close,
  };
}

function dropAll(connections: Iterable<Connection>): void {
  for (const connection of connections) connection.terminate();
}
