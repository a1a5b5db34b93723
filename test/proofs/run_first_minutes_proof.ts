/**
 * What a newcomer sees: the default product from `start` on an empty folder, and after so many seconds a leaderboard
 * with so many ranked traders. Prints how it comes about, and who is on top as the simulator knows them.
 *
 * node --import tsx test/proofs/run_first_minutes_proof.ts [seconds] [ranked]
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { resolveDatabaseUrl } from '../../src/store/embedded/home.ts';
import { freePorts } from '../free_ports.ts';

const [seconds = 120, wanted = 24] = process.argv.slice(2).map(Number);
const LOOK_MS = 5_000;
const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'first-minutes-'));

interface Progress {
  readonly traders: number;
  readonly read: number;
  readonly ranked: number;
}

const progressOf = async (database: Database): Promise<Progress | undefined> =>
  (
    await database.query<Progress>(
      `SELECT (SELECT count(*) FROM traders) AS traders,
         (SELECT count(*) FROM trader_history WHERE fills_through IS NOT NULL) AS read,
         coalesce((SELECT copy_ranked FROM leaderboard_snapshots WHERE window_days = 90), 0) AS ranked`,
    )
  ).rows[0];

interface Truth {
  readonly user: string;
  readonly kind: string;
  readonly sharpe: number | null;
}

/** The board from the top as a program sees it, with what is true of each. */
async function truthOfBoard(port: number, control: number): Promise<Truth[]> {
  const command = [join(root, 'bin/autotrade.mjs'), 'token', 'create', 'first-minutes'];
  const token = execFileSync(process.execPath, command, { cwd: folder, encoding: 'utf8' }).trim();
  const board = await fetch(`http://127.0.0.1:${port}/api/v1/leaderboard?window=90d&limit=100`, {
    headers: { authorization: `Bearer ${token.split('\n').at(-1)}` },
  });
  if (!board.ok) throw new Error(`the leaderboard answered ${board.status}: ${await board.text()}`);
  const { items } = (await board.json()) as { items: { address: string; rank: number | null }[] };
  const answer = await fetch(`http://127.0.0.1:${control}/population`);
  const truth = new Map(((await answer.json()) as Truth[]).map((one) => [one.user, one]));
  const ranked = items.filter(({ rank }) => rank !== null);
  return ranked.map(({ address }) => truth.get(address) ?? { user: address, kind: 'newcomer', sharpe: null });
}

function show(board: readonly Truth[]): void {
  const mean = (part: readonly Truth[]) =>
    part.reduce((sum, { sharpe }) => sum + (sharpe ?? 0), 0) / Math.max(1, part.length);
  const cut = Math.ceil(board.length / 4);
  console.log(
    `true Sharpe ratio: upper quarter ${mean(board.slice(0, cut)).toFixed(2)}, others ${mean(board.slice(cut)).toFixed(2)}`,
  );
  for (const [i, { kind, sharpe }] of board.slice(0, 10).entries())
    console.log(`${i + 1}. ${kind} ${sharpe?.toFixed(2) ?? '-'}`);
}

const ports = await freePorts(3);
writeFileSync(
  join(folder, '.env'),
  `PORT=${ports[0]}\nSIMULATOR_PORT=${ports[1]}\nSIMULATOR_CONTROL_PORT=${ports[2]}\n`,
);
const began = performance.now();
const manager = spawn(process.execPath, [join(root, 'bin/autotrade.mjs'), 'start'], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const ended = new Promise((resolve) => manager.once('exit', resolve));
let database: Database | undefined;
try {
  let last: Progress | undefined;
  let first = Number.NaN;
  while (performance.now() - began < seconds * 1_000) {
    await pause(LOOK_MS);
    try {
      const url = await resolveDatabaseUrl({ dataDir: join(folder, 'data', 'simulator') });
      database ??= openDatabase({ url, log: silentLogger, applicationName: 'first-minutes' });
      last = await progressOf(database);
    } catch {
      // Not there yet.
    }
    const at = Math.round((performance.now() - began) / 1_000);
    if (last !== undefined && last.ranked > 0 && Number.isNaN(first)) first = at;
    const { traders = 0, read = 0, ranked = 0 } = last ?? {};
    console.log(`${at} s: ${traders} traders, ${read} histories, ${ranked} ranked`);
  }
  if (database !== undefined && last !== undefined) show(await truthOfBoard(ports[0], ports[2]));
  const ranked = last?.ranked ?? 0;
  console.log(`first ranked by ${first} s; after ${seconds} s ${ranked} ranked (${wanted} wanted)`);
  if (ranked < wanted) process.exitCode = 1;
} finally {
  await database?.close();
  manager.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
