/** The readers of the fanout bench, in a process of their own: raw sockets that count. Told what to do over IPC. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../src/runtime/clock.ts';
import { clientFrame, committedAt, FrameReader, spanOf } from './frames.ts';

export type ClientsCommand =
  | {
      readonly do: 'open';
      readonly port: number;
      readonly count: number;
      readonly token: string;
      readonly epoch: number;
    }
  | { readonly do: 'openPlain'; readonly port: number; readonly count: number }
  | { readonly do: 'cutHalf' }
  | { readonly do: 'resume' }
  | { readonly do: 'forget' };

export interface ClientsReport {
  readonly open: number;
  /** Lowest place of all readers that are open. */
  readonly place: number;
  /** Changes or frames taken in since the last `forget`, all readers together. */
  readonly deliveries: number;
  /** How often the counts were emptied. */
  readonly forgotten: number;
  readonly gaps: number;
  readonly resets: number;
  readonly closed: number;
  /** Age of the oldest change of each frame at arrival: p50 and p99 over changes, ms. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const REPORT_EVERY_MS = 25;
const BINS = 20_000;

interface Reader {
  socket: Socket | undefined;
  place: number | undefined;
}

let target: Extract<ClientsCommand, { do: 'open' }> | undefined;
const readers: Reader[] = [];
const totals = { deliveries: 0, forgotten: 0, gaps: 0, resets: 0, closed: 0 };
const latencies = new Float64Array(BINS);

function take(reader: Reader, payload: Buffer): void {
  const span = spanOf(payload);
  if (span === undefined) {
    const head = payload.toString('latin1', 0, 200);
    if (head.startsWith('{"type":"snapshot"')) reader.place = Number(/"offset":(\d+)/.exec(head)?.[1]);
    else if (head.startsWith('{"type":"reset"')) totals.resets++;
    else if (head.startsWith('{"type":"event"')) totals.deliveries++;
    return;
  }
  const place = reader.place ?? span.after;
  // Every offset is a change here, so a frame must begin exactly where the last one ended.
  if (span.after !== place) totals.gaps++;
  const items = span.upto - place;
  totals.deliveries += items;
  reader.place = span.upto;
  const since = items > 0 ? committedAt(payload) : undefined;
  if (since !== undefined) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.round(systemClock.now() - since)));
    latencies[bin] = (latencies[bin] as number) + items;
  }
}

function open(reader: Reader, port: number, headers: string, first: string | undefined): void {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setNoDelay(true);
  reader.socket = socket;
  let handshake = '';
  const frames = new FrameReader((payload) => take(reader, payload));
  socket.on('data', (chunk: Buffer) => {
    if (handshake === 'done') {
      frames.push(chunk);
      return;
    }
    handshake += chunk.toString('latin1');
    const end = handshake.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!handshake.startsWith('HTTP/1.1 101')) throw new Error(handshake.slice(0, 300));
    const rest = Buffer.from(handshake.slice(end + 4), 'latin1');
    handshake = 'done';
    if (first !== undefined) socket.write(clientFrame(first));
    frames.push(rest);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (reader.socket === socket) {
      reader.socket = undefined;
      totals.closed++;
    }
  });
  socket.write(
    `GET /ws/v1/updates HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${headers}\r\n`,
  );
}

function follow(reader: Reader): void {
  if (target === undefined) return;
  const { epoch, port, token } = target;
  const after = reader.place === undefined ? {} : { after: { epoch, offset: reader.place } };
  const ask = JSON.stringify({ type: 'follow', id: 'f', filter: {}, ...after });
  open(reader, port, `Sec-WebSocket-Protocol: autotrade.v1\r\nAuthorization: Bearer ${token}\r\n`, ask);
}

function quantile(share: number): number | null {
  const total = latencies.reduce((sum, count) => sum + count, 0);
  let left = total * share;
  for (let bin = 0; bin < BINS; bin++) {
    left -= latencies[bin] as number;
    if (left <= 0 && total > 0) return bin;
  }
  return null;
}

function obey(command: ClientsCommand): void {
  if (command.do === 'open' || command.do === 'openPlain') {
    if (command.do === 'open') target = command;
    for (let i = 0; i < command.count; i++) {
      const reader: Reader = { socket: undefined, place: undefined };
      readers.push(reader);
      if (command.do === 'open') follow(reader);
      else open(reader, command.port, '', undefined);
    }
  } else if (command.do === 'cutHalf') {
    for (const reader of readers.slice(0, readers.length / 2)) {
      const { socket } = reader;
      reader.socket = undefined;
      socket?.destroy();
    }
  } else if (command.do === 'resume') {
    for (const reader of readers) if (reader.socket === undefined) follow(reader);
  } else {
    totals.deliveries = 0;
    totals.forgotten++;
    latencies.fill(0);
  }
}

function report(): void {
  let place = Number.MAX_SAFE_INTEGER;
  let opened = 0;
  for (const reader of readers) {
    if (reader.socket === undefined) continue;
    opened++;
    place = Math.min(place, reader.place ?? 0);
  }
  const message: ClientsReport = { ...totals, open: opened, place, p50: quantile(0.5), p99: quantile(0.99) };
  process.send?.(message);
}

process.on('message', (command: ClientsCommand) => obey(command));
process.on('disconnect', () => process.exit(0));
systemClock.every(REPORT_EVERY_MS, report);
