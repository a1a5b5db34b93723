import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { fetchLeaderboardFile } from './leaderboard_file.ts';

let server: Server | undefined;
afterEach(() => new Promise<void>((done) => (server === undefined ? done() : server.close(() => done()))));

async function serve(status: number, body: string): Promise<string> {
  server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/Mainnet/leaderboard`;
}
const never = new AbortController().signal;

it('takes accounts with their value and last month, and leaves out what is no account', async () => {
  const row = (ethAddress: string, accountValue: string) => ({
    ethAddress,
    accountValue,
    windowPerformances: [
      ['day', { pnl: '1', roi: '0.1', vlm: '5' }],
      ['month', { pnl: '10', roi: '0.25', vlm: '5000.5' }],
    ],
    prize: 0,
    displayName: null,
  });
  const address = `0x${'aB'.repeat(20)}`;
  const url = await serve(
    200,
    JSON.stringify({ leaderboardRows: [row(address, '1234.5'), row('nobody', '1'), row(address, 'much')] }),
  );
  expect(await fetchLeaderboardFile('mainnet', never, url)).toEqual([
    { address: address.toLowerCase(), accountValueUsd: 1234.5, monthVolumeUsd: 5000.5, monthReturn: 0.25 },
  ]);
});

it.each([
  [403, 'forbidden'],
  [200, '<html>'],
  [200, '{"rows":[]}'],
])('says so when it is refused or another file (%i %s)', async (status, body) => {
  const url = await serve(status, body);
  await expect(fetchLeaderboardFile('mainnet', never, url)).rejects.toMatchObject({
    code: 'LEADERBOARD_FILE',
  });
});
