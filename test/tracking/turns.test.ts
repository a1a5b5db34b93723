import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { POLL_PRIORITY, requestPolls } from '../../src/store/audits.ts';
import {
  type RequestResult,
  reserveSnapshotIds,
  storeTrackingResults,
  type TrackingResults,
} from '../../src/store/tracking_results.ts';
import { beginTrackingRun, endTrackingRun } from '../../src/store/tracking_runs.ts';
import { claimRequests, claimTurns, type TrackingLease } from '../../src/store/tracking_turns.ts';
import { addToWatchlist } from '../../src/store/watchlist.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { givePositions, populate, snapshotOf } from './population.ts';

const LEASE_MS = 60_000;
const NOTHING: TrackingResults = { snapshots: [], ids: [], modes: [], turns: [], requests: [] };
const lost = { code: 'STORE_LEASE_LOST' };

describe('turns and requests', () => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(() => test.close());

  const begin = async (worker = 'a', leaseMs = LEASE_MS): Promise<TrackingLease> => ({
    runId: await beginTrackingRun(test.database, { worker, egress: 'default', leaseMs }),
    leaseMs,
  });
  const turns = (lease: TrackingLease, limit: number) =>
    claimTurns(test.database, lease, { limit, minAgeMs: 0 });
  /** The run's machine is dead, frozen or cut off for longer than its lease. */
  const expire = (lease: TrackingLease) =>
    test.database.query('UPDATE tracking_runs SET expires_at = database_now_ms() WHERE run_id = $1', [
      lease.runId,
    ]);
  const idsOf = (claimed: readonly { readonly traderId: number }[]) => claimed.map((one) => one.traderId);
  const finish = (lease: TrackingLease, ids: readonly number[]) =>
    storeTrackingResults(test.database, lease, {
      ...NOTHING,
      turns: ids.map((traderId) => ({ traderId, error: null })),
    });
  const request = (traderId: number, priority: number, dex = '', requestedAt = 5) =>
    test.database.query(
      'INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at) VALUES ($1, $2, $3, $4, $5)',
      [traderId, dex, priority, `reason ${priority}`, requestedAt],
    );
  const answered = (traderId: number, more: Partial<RequestResult> = {}): RequestResult => ({
    traderId,
    dex: '',
    retryAfterMs: null,
    isTurn: false,
    ...more,
  });
  const databaseNow = async () =>
    (await test.database.query<{ now: number }>('SELECT database_now_ms() AS now')).rows[0]?.now ?? 0;
  const waiting = async () => {
    const { rows } = await test.database.query<{ trader_id: number; dex: string; priority: number }>(
      'SELECT trader_id, dex, priority::int4 FROM poll_requests ORDER BY priority, trader_id',
    );
    return rows;
  };

  it('come to a trader who is stored later than others with higher ids, too', async () => {
    await populate(test.database, 4);
    await test.database.query('DELETE FROM traders WHERE trader_id = 2');
    const first = await begin();
    expect(idsOf(await turns(first, 10))).toEqual([1, 3, 4]);
    await finish(first, [1, 3, 4]);
    await test.database.query(
      `INSERT INTO traders VALUES (2, decode(lpad('02', 40, '0'), 'hex'), 0, 0, 1, 1, 1, 1, NULL)`,
    );
    expect(idsOf(await turns(await begin(), 1))).toEqual([2]);
  });

  it('a trader that is put on the watchlist is polled before all others, wherever it has positions', async () => {
    await populate(test.database, 9);
    await givePositions(test.database, 7, [1, 2]);
    await givePositions(test.database, 8, [2]);
    await test.database.query('UPDATE positions SET size = 0 WHERE trader_id = 8');
    await request(1, 1);
    await request(8, 4, '', 1);
    const watch = (traderId: number, now: number) =>
      test.database.transaction((tx) => addToWatchlist(tx, traderId, now));
    await watch(8, 10);
    await watch(7, 20);
    const lease = await begin();
    const claimed = (await claimRequests(test.database, lease, 4)).map((one) => [
      one.traderId,
      one.dex,
      one.reason,
    ]);
    expect(claimed).toEqual([
      [8, '', 'watched'],
      [7, '', 'watched'],
      [7, 'xyz', 'watched'],
      [1, '', 'reason 1'],
    ]);
    await watch(7, 30);
    expect(await waiting()).toEqual([]);
  });

  it('go round: those without a turn first, then those that waited longest, new traders at the head', async () => {
    await populate(test.database, 5);
    const lease = await begin();
    expect(idsOf(await turns(lease, 3))).toEqual([1, 2, 3]);
    await finish(lease, [2]);
    await finish(lease, [1, 3]);
    expect(idsOf(await turns(lease, 2))).toEqual([4, 5]);
    await finish(lease, [4, 5]);
    await test.database.query(
      `INSERT INTO traders VALUES (6, decode(repeat('06', 20), 'hex'), 0, 0, 1, 1, 1, 1, NULL)`,
    );
    expect(idsOf(await turns(lease, 3)).slice(0, 2)).toEqual([6, 2]);
  });

  it('are never in two hands, however many ask at once', async () => {
    await populate(test.database, 400);
    const leases = await Promise.all(Array.from({ length: 8 }, (_, i) => begin(`worker ${i}`)));
    const pages = await Promise.all(
      Array.from({ length: 40 }, (_, i) => turns(leases[i % 8] as TrackingLease, 10)),
    );
    const ids = pages.flatMap(idsOf);
    expect(ids.length).toBe(400);
    expect(new Set(ids).size).toBe(400);
  });

  it('of a dead run are free, and what it brings late does not count', async () => {
    await populate(test.database, 4);
    const dead = await begin('dead');
    expect(idsOf(await turns(dead, 2))).toEqual([1, 2]);
    await expire(dead);
    const alive = await begin('alive');
    expect(idsOf(await turns(alive, 2))).toEqual([1, 2]);
    const late = { ...NOTHING, snapshots: [snapshotOf(1)], ids: [1], turns: [{ traderId: 1, error: null }] };
    await expect(storeTrackingResults(test.database, dead, late)).rejects.toMatchObject(lost);
    await expect(turns(dead, 1)).rejects.toMatchObject(lost);
    const { rows } = await test.database.query('SELECT 1 FROM account_snapshots');
    expect(rows).toEqual([]);
    await finish(alive, [1, 2]);
    expect(idsOf(await turns(alive, 1))).toEqual([3]);
  });

  it('of an expired run do not count even before another has taken them', async () => {
    await populate(test.database, 1);
    const lease = await begin();
    await turns(lease, 1);
    await expire(lease);
    await expect(finish(lease, [1])).rejects.toMatchObject(lost);
  });

  it('count failures, and go to the back all the same', async () => {
    await populate(test.database, 2);
    const lease = await begin();
    await turns(lease, 1);
    const failed = { ...NOTHING, turns: [{ traderId: 1, error: 'VENUE_SCHEMA' }] };
    await storeTrackingResults(test.database, lease, failed);
    expect(idsOf(await turns(lease, 1))).toEqual([2]);
    const { rows } = await test.database.query(
      'SELECT failures, last_error FROM tracking_turns WHERE trader_id = 1',
    );
    expect(rows).toEqual([{ failures: 1, last_error: 'VENUE_SCHEMA' }]);
  });

  it('say which dexs a trader trades and whether its mode is wanted', async () => {
    await populate(test.database, 3);
    await givePositions(test.database, 1, [2]);
    await givePositions(test.database, 2, [1, 2]);
    await test.database.query('INSERT INTO watchlist VALUES (2, 0)');
    await test.database.query(
      `INSERT INTO account_modes VALUES (1, 'disabled', database_now_ms()), (3, NULL, NULL)`,
    );
    const claimed = await turns(await begin(), 3);
    expect(claimed.map(({ dexs, mode, wantsMode }) => ({ dexs, mode, wantsMode }))).toEqual([
      { dexs: ['xyz'], mode: 'disabled', wantsMode: false },
      { dexs: ['', 'xyz'], mode: null, wantsMode: true },
      { dexs: [], mode: null, wantsMode: true },
    ]);
  });

  it('requests: urgent first, gone when answered, back when their run dies or fails', async () => {
    await populate(test.database, 3);
    await givePositions(test.database, 1, [1]);
    await givePositions(test.database, 2, [1, 2]);
    for (const [trader, priority] of [
      [1, 3],
      [2, 1],
      [3, 4],
    ] as const)
      await request(trader, priority);
    const first = await begin('first');
    const taken = await claimRequests(test.database, first, 2);
    expect(taken.map(({ traderId, onlyDex }) => ({ traderId, onlyDex }))).toEqual([
      { traderId: 2, onlyDex: false },
      { traderId: 1, onlyDex: true },
    ]);
    // Another request for a trader whose poll is under way is a request of its own.
    await request(2, 0);
    await storeTrackingResults(test.database, first, { ...NOTHING, requests: [answered(2)] });
    expect(await waiting()).toEqual([
      { trader_id: 2, dex: '', priority: 0 },
      { trader_id: 3, dex: '', priority: 4 },
    ]);
    await expire(first);
    const second = await begin('second');
    expect((await waiting()).map((one) => one.trader_id)).toEqual([2, 1, 3]);
    expect(idsOf(await claimRequests(test.database, second, 9))).toEqual([2, 1, 3]);
    const later = { ...NOTHING, requests: [answered(3, { retryAfterMs: 60_000 })] };
    await storeTrackingResults(test.database, second, later);
    expect(await claimRequests(test.database, second, 9)).toEqual([]);
    await endTrackingRun(test.database, second.runId);
    expect((await waiting()).map((one) => one.trader_id)).toEqual([2, 1, 3]);
  });

  it('a request that may wait is not taken before its time, unless something more urgent is asked', async () => {
    await populate(test.database, 2);
    const lease = await begin();
    const late = {
      dex: '',
      priority: POLL_PRIORITY.interrupted,
      reason: 'feed interrupted',
      delayMs: 60_000,
    };
    const polls = [1, 2].map((traderId) => ({ ...late, traderId }));
    await requestPolls(test.database, polls, 5);
    expect(await claimRequests(test.database, lease, 9)).toEqual([]);
    const sooner = { traderId: 2, dex: '', priority: POLL_PRIORITY.stale, reason: 'feed gap' };
    await requestPolls(test.database, [sooner], 6);
    expect(idsOf(await claimRequests(test.database, lease, 9))).toEqual([2]);
  });

  it('requests: watched traders, then those never seeded, then what happened to others, gaps last', async () => {
    await populate(test.database, 6);
    const last = ['interrupted', 'stale', 'quarantined', 'ambiguous', 'unseeded', 'watchedAnomaly'] as const;
    const polls = last.map((reason, i) => ({
      traderId: i + 1,
      dex: '',
      priority: POLL_PRIORITY[reason],
      reason,
    }));
    await requestPolls(test.database, polls, 5);
    const claimed = await claimRequests(test.database, await begin(), 9);
    expect(claimed.map(({ reason }) => reason)).toEqual(last.toReversed());
  });

  it('a stored turn answers what had been asked when it was claimed, and nothing else', async () => {
    await populate(test.database, 3);
    await givePositions(test.database, 1, [1, 2]);
    const ask = (traderId: number, dex: string, priority: number = POLL_PRIORITY.stale) =>
      requestPolls(test.database, [{ traderId, dex, priority, reason: 'why' }], 5);
    const lease = await begin();
    for (const [trader, dex] of [
      [1, ''],
      [1, 'xyz'],
      [2, ''],
      [3, ''],
    ] as const)
      await ask(trader, dex);
    const claimed = await turns(lease, 3);
    const after = claimed[0]?.claimedAt ?? 0;
    await until(async () => (await databaseNow()) > after, 'the next millisecond');
    // Asked again meanwhile, about something that the poll under way may not have seen; no more urgently.
    await ask(2, '');
    await storeTrackingResults(test.database, lease, {
      ...NOTHING,
      turns: [
        { traderId: 1, error: null, answered: { dexs: [''], claimedAt: after } },
        { traderId: 2, error: null, answered: { dexs: [''], claimedAt: after } },
        { traderId: 3, error: 'VENUE_SCHEMA' },
      ],
    });
    expect(await waiting()).toMatchObject([
      { trader_id: 1, dex: 'xyz' },
      { trader_id: 2, dex: '' },
      { trader_id: 3, dex: '' },
    ]);
  });

  it('an answered request of a trader with one dex is its turn', async () => {
    await populate(test.database, 2);
    const lease = await begin();
    await turns(lease, 2);
    await finish(lease, [1, 2]);
    await request(1, 3);
    await claimRequests(test.database, lease, 1);
    await storeTrackingResults(test.database, lease, {
      ...NOTHING,
      requests: [answered(1, { isTurn: true })],
    });
    expect(idsOf(await turns(lease, 1))).toEqual([2]);
  });

  it('snapshots: stored once however often the batch is written, judged only when complete', async () => {
    await populate(test.database, 2);
    const lease = await begin();
    const unread = [
      { symbol: 'BTC', size: '0.00000000000000000001', entryPrice: null, why: 'too_precise' as const },
    ];
    const batch = {
      ...NOTHING,
      snapshots: [
        snapshotOf(1),
        snapshotOf(2, { positions: [], unread, complete: false, accountValueUsd: '-7.5' }),
      ],
      ids: await reserveSnapshotIds(test.database, 2),
      modes: [{ traderId: 1, mode: 'unifiedAccount' }],
    };
    await storeTrackingResults(test.database, lease, batch);
    await storeTrackingResults(test.database, lease, batch);
    const { rows } = await test.database.query(
      `SELECT trader_id, account_value_usd, coin_ids, sizes::text[], leverages, isolated, unrealised_usd::text[] AS pnl,
         liquidation_prices, unread FROM account_snapshots ORDER BY trader_id`,
    );
    expect(rows).toEqual([
      {
        trader_id: 1,
        account_value_usd: '100.5',
        coin_ids: [1],
        sizes: ['-1.5'],
        leverages: [20],
        isolated: [true],
        pnl: ['-3.25'],
        liquidation_prices: [null],
        unread: null,
      },
      expect.objectContaining({ trader_id: 2, account_value_usd: '-7.5', coin_ids: [], unread }),
    ]);
    const inbox = await test.database.query('SELECT snapshot_id FROM snapshot_inbox');
    expect(inbox.rows).toEqual([{ snapshot_id: batch.ids[0] }]);
    const modes = await test.database.query('SELECT trader_id, mode FROM account_modes');
    expect(modes.rows).toEqual([{ trader_id: 1, mode: 'unifiedAccount' }]);
  });
});
