/** An /info server whose answers a test decides; enforces no limits, and remembers what it was asked. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/runtime/clock.ts';

export interface AskedInfo {
  readonly type: string;
  readonly user: string;
  readonly dex: string;
  /** Monotonic ms. */
  readonly at: number;
  /** The client's address. */
  readonly from: string;
}

export interface TestVenue {
  /** …/info */
  readonly url: string;
  readonly asked: AskedInfo[];
  /** Answers of one type; a number is an HTTP status. */
  answer: (asked: AskedInfo) => unknown;
  close(): Promise<void>;
}

const summary = { accountValue: '100.0', totalNtlPos: '50.0', totalRawUsd: '50.0', totalMarginUsed: '5.0' };

export const wirePosition = (coin: string, size: string, more: Record<string, unknown> = {}) => ({
  type: 'oneWay',
  position: {
    coin,
    szi: size,
    entryPx: '50.0',
    positionValue: '50.0',
    unrealizedPnl: '1.5',
    liquidationPx: null,
    marginUsed: '5.0',
    leverage: { type: 'cross', value: 10 },
    ...more,
  },
});

/** `clearinghouseState` of an account. */
export const wireState = (positions: readonly unknown[], more: Record<string, unknown> = {}) => ({
  marginSummary: summary,
  crossMarginSummary: summary,
  withdrawable: '45.0',
  assetPositions: positions,
  time: systemClock.now(),
  ...more,
});

const send = (response: ServerResponse, answer: unknown): void => {
  const status = typeof answer === 'number' ? answer : 200;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof answer === 'number' ? 'null' : JSON.stringify(answer));
};

export async function startTestVenue(): Promise<TestVenue> {
  const asked: AskedInfo[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { type, user = '', dex = '' } = JSON.parse(text) as { type: string; user?: string; dex?: string };
    const from = request.socket.remoteAddress ?? '';
    const one: AskedInfo = { type, user, dex, at: systemClock.monotonic(), from };
    asked.push(one);
    send(response, await venue.answer(one));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const venue: TestVenue = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/info`,
    asked,
    answer: () => wireState([]),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return venue;
}
