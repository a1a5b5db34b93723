/** A simulated exchange whose traders have a past, over a real socket, and a database that knows them. */
import { createInfoClient, type InfoClient } from '../../src/hyperliquid/transport.ts';
import { LocalWeightLedger } from '../../src/hyperliquid/weight/local_ledger.ts';
import { fetchVenueList } from '../../src/main/stream/coin_list.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { smallWorldOptions } from '../../src/simulator/agents/world.ts';
import { VenueBackend } from '../../src/simulator/exchange/venue_backend.ts';
import type { AccountPast } from '../../src/simulator/population/past.ts';
import type { PastRecords } from '../../src/simulator/population/past_records.ts';
import { populatedWorld } from '../../src/simulator/population/populated_world.ts';
import { startWireServer } from '../../src/simulator/wire/server.ts';
import { syncCoins } from '../../src/store/coins.ts';
import type { Database } from '../../src/store/database.ts';

const PLENTY = 1_000_000_000;

export interface RankingRig {
  readonly info: InfoClient;
  readonly accounts: readonly AccountPast[];
  /** What the simulated exchange tells of the past. */
  readonly records: PastRecords;
  /** Types of the questions that were asked since the last call. */
  takeQuestions(): string[];
  close(): Promise<void>;
}

export async function startRankingRig(
  database: Database,
  size: { readonly traders: number; readonly days: number },
): Promise<RankingRig> {
  const clock = systemClock;
  const log = silentLogger;
  const { world, past, records } = populatedWorld(smallWorldOptions('ranking', clock.now() - 60_000), size);
  world.advanceTo(clock.now());
  const backend = new VenueBackend({ world, clock });
  const server = await startWireServer({
    host: '127.0.0.1',
    port: 0,
    backend,
    clock,
    log,
    limits: { restWeight: PLENTY },
  });
  const questions: string[] = [];
  const info = createInfoClient({
    url: `${server.url}/info`,
    ledger: new LocalWeightLedger(clock, { limit: PLENTY, windowMs: 60_000, reserve: {} }),
    clock,
    observe: (type) => questions.push(type),
  });
  const list = await fetchVenueList(info, new AbortController().signal);
  await syncCoins(database, list.coins, list.dexs, clock.now());
  const accounts = past.accounts.filter(({ member }) => member.kind !== 'house');
  await database.query(
    `INSERT INTO traders SELECT id, address, $3, $3, 1, 1000 + id, 1, 1, NULL
     FROM unnest($1::int8[], $2::bytea[]) AS u (id, address)`,
    [
      accounts.map((_, i) => i + 1),
      accounts.map(({ member }) => Buffer.from(member.address.slice(2), 'hex')),
      clock.now(),
    ],
  );
  return { info, accounts, records, takeQuestions: () => questions.splice(0), close: () => server.close() };
}
