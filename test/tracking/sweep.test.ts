import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { createInfoClient } from '../../src/hyperliquid/transport.ts';
import { LocalWeightLedger } from '../../src/hyperliquid/weight/local_ledger.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { requestPolls } from '../../src/store/audits.ts';
import { readCoins } from '../../src/store/coins.ts';
import { type SweepOptions, type SweepReport, sweep } from '../../src/tracking/sweep.ts';
import { trackingStoreOf } from '../../src/tracking/tracking_store.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
import { givePositions, populate } from './population.ts';
import { startTestVenue, type TestVenue, wirePosition, wireState } from './venue.ts';

const userOf = (traderId: number) => `0x${traderId.toString(16).padStart(40, '0')}`;
const idOf = (user: string) => Number.parseInt(user.slice(-8), 16);

/** Answers by trader, each wrong in its way; some are only unusual. */
function badAnswers(coins: readonly string[]): Record<number, () => unknown> {
  return {
    // The venue has changed: a field is gone, a number is no longer text.
    1: () => wireState([{ position: { coin: 'BTC' } }]),
    2: () => wireState([], { marginSummary: { accountValue: 1 } }),
    3: () => wireState([wirePosition('NEWCOIN\u0000', '5'), wirePosition('BTC', '1')]),
    4: () => wireState([wirePosition('BTC', '0.00000000000000000001'), wirePosition('C1', '2')]),
    5: () =>
      wireState([], { marginSummary: { ...wireState([]).marginSummary, accountValue: '-12345.678901' } }),
    6: () => wireState(coins.map((coin) => wirePosition(coin, '0.5'))),
    7: () => 422,
    8: () => wireState([wirePosition('xyz:CL', '1')]),
    9: () => wireState([wirePosition('BTC', '1'), wirePosition('BTC', '2')]),
    10: () => wireState([wirePosition('BTC', '99999999999999999999')]),
    11: () =>
      wireState([wirePosition('BTC', '2', { entryPx: null, positionValue: '130.0', unrealizedPnl: '30.0' })]),
    // In microseconds: it would vouch for its positions for ever.
    13: () => wireState([wirePosition('BTC', '1')], { time: systemClock.now() * 1_000 }),
  };
}

describe('a sweep', () => {
  let test: TestDatabase;
  let venue: TestVenue;
  const running: (() => Promise<SweepReport>)[] = [];
  beforeEach(async () => {
    test = await createTestDatabase();
    venue = await startTestVenue();
  });
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
    await venue.close();
    await test.close();
  });

  /** Begins a sweep; the returned function ends it. */
  function begin(more: Partial<SweepOptions> = {}, budget = 60_000): () => Promise<SweepReport> {
    const clock = systemClock;
    const source = {
      table: new CoinTable(),
      refresh: async () => {
        source.table = new CoinTable(await readCoins(test.database));
      },
    };
    const abort = new AbortController();
    const ledger = new LocalWeightLedger(clock, { limit: budget, windowMs: 60_000, reserve: {} });
    const options: SweepOptions = {
      store: trackingStoreOf(test.database),
      ledger,
      info: createInfoClient({ url: venue.url, ledger, clock, timeoutMs: 30_000 }),
      coins: source,
      clock,
      log: silentLogger,
      worker: 'test',
      egress: 'default',
      pageSize: 50,
      pollsPerMinute: 60_000,
      minAgeMs: 60_000,
      ...more,
    };
    const done = sweep(options, clock.monotonic() + 60_000, abort.signal);
    const stop = () => {
      abort.abort(new Error('enough'));
      return done;
    };
    running.push(stop);
    return stop;
  }

  const rows = async <Row>(text: string) => (await test.database.query<Row>(text)).rows;
  const count = async (table: string) =>
    (await rows<{ count: number }>(`SELECT count(*) AS count FROM ${table}`))[0]?.count ?? 0;

  it('polls every trader once, on the dexs that it trades, and stores what it sees', async () => {
    await populate(test.database, 120);
    await givePositions(test.database, 7, [2]);
    await givePositions(test.database, 8, [1, 2]);
    venue.answer = ({ dex }) => wireState([wirePosition(dex === '' ? 'BTC' : 'xyz:CL', '-0.25')]);
    const stop = begin();
    await until(async () => (await count('account_snapshots')) === 121);
    const report = await stop();
    expect(report).toMatchObject({
      polled: 120,
      snapshots: 121,
      requests: 0,
      failed: {},
      voided: 0,
      unread: 0,
    });
    expect(venue.asked.filter((one) => idOf(one.user) === 7).map((one) => one.dex)).toEqual(['xyz']);
    expect(venue.asked.filter((one) => idOf(one.user) === 8).map((one) => one.dex)).toEqual(['', 'xyz']);
    expect(
      venue.asked
        .slice(0, 50)
        .map((one) => idOf(one.user))
        .sort((a, b) => a - b)
        .at(-1),
    ).toBeLessThan(80);
    expect(await count('snapshot_inbox')).toBe(121);
    expect(await count('tracking_runs')).toBe(0);
    expect(
      await rows('SELECT 1 FROM tracking_turns WHERE run_id IS NOT NULL OR last_turn_at IS NULL'),
    ).toEqual([]);
  });

  it('answers requests before the rotation, the urgent ones first', async () => {
    await populate(test.database, 400);
    for (const [trader, priority] of [
      [300, 4],
      [301, 0],
      [302, 2],
    ])
      await test.database.query(
        `INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at) VALUES ($1, '', $2, 'why', 5)`,
        [trader, priority],
      );
    const stop = begin({ pollsPerMinute: 1_200 });
    await until(async () => (await count('account_snapshots')) > 30);
    await stop();
    const order = venue.asked.map((one) => idOf(one.user));
    const places = [301, 302, 300].map((id) => order.indexOf(id));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(Math.max(...places)).toBeLessThan(20);
    expect(await count('poll_requests')).toBe(0);
    expect(await rows('SELECT purpose FROM account_snapshots WHERE trader_id = 301')).toEqual([
      { purpose: 'why' },
    ]);
  });

  it('answers with a turn what was asked about the trader before', async () => {
    await populate(test.database, 3);
    const polls = [1, 2].map((traderId) => ({
      traderId,
      dex: '',
      priority: 5,
      reason: 'why',
      delayMs: 60_000,
    }));
    const other = { traderId: 3, dex: 'xyz', priority: 5, reason: 'why', delayMs: 60_000 };
    await requestPolls(test.database, [...polls, other], 5);
    venue.answer = ({ user }) =>
      idOf(user) === 2 ? wireState([], { marginSummary: { accountValue: 1 } }) : wireState([]);
    const stop = begin();
    await until(async () => (await count('tracking_turns WHERE last_turn_at IS NOT NULL')) === 3);
    await stop();
    // The second could not be read; the third was asked about on another dex.
    expect(await rows('SELECT trader_id FROM poll_requests ORDER BY trader_id')).toEqual([
      { trader_id: 2 },
      { trader_id: 3 },
    ]);
  });

  it('takes the equity of unified accounts from their spot balance, and asks the mode of watched traders alone', async () => {
    await populate(test.database, 3);
    await givePositions(test.database, 2, [2]);
    await test.database.query('INSERT INTO watchlist VALUES (2, 0)');
    venue.answer = ({ type, dex }) => {
      if (type === 'userAbstraction') return 'unifiedAccount';
      if (type === 'spotClearinghouseState')
        return { balances: [{ coin: 'USDC', token: 0, total: '1000.25', hold: '5.0' }] };
      return wireState([wirePosition(dex === '' ? 'BTC' : 'xyz:CL', '1', { unrealizedPnl: '-2.5' })]);
    };
    const stop = begin();
    await until(async () => (await count('account_snapshots')) === 4);
    await stop();
    const asked = (type: string) =>
      venue.asked.filter((one) => one.type === type).map((one) => idOf(one.user));
    expect(asked('userAbstraction')).toEqual([2]);
    expect(asked('spotClearinghouseState')).toEqual([2]);
    expect(
      await rows(`SELECT dex, account_value_usd::text AS value, raw_usd::text AS raw, account_mode AS mode
        FROM account_snapshots WHERE trader_id = 2 ORDER BY dex`),
    ).toEqual([
      { dex: '', value: '997.75', raw: '1000.25', mode: 'unifiedAccount' },
      { dex: 'xyz', value: '-2.5', raw: '0', mode: 'unifiedAccount' },
    ]);
    expect(await rows('SELECT mode FROM account_modes')).toEqual([{ mode: 'unifiedAccount' }]);
  });

  it('gives every kind of bad answer its name, and loses nothing for the others', async () => {
    await populate(test.database, 13);
    const many = Array.from({ length: 2_000 }, (_, i) => ({ id: 100 + i, name: `C${i}` }));
    await test.database.query(
      `INSERT INTO coins SELECT id, '', name, 2, 10, false, 0, NULL, NULL FROM unnest($1::int4[], $2::text[]) AS u (id, name)`,
      [many.map((one) => one.id), many.map((one) => one.name)],
    );
    const answers = badAnswers(many.map((one) => one.name));
    venue.answer = ({ user }) => answers[idOf(user)]?.() ?? wireState([]);
    const stop = begin();
    const turns = () =>
      rows<{ id: number; error: string | null }>(
        'SELECT trader_id AS id, last_error AS error FROM tracking_turns WHERE last_turn_at IS NOT NULL ORDER BY 1',
      );
    await until(async () => (await turns()).length === 13);
    const report = await stop();
    expect(report.failed).toEqual({ VENUE_SCHEMA: 3, VENUE_REFUSED: 1 });
    expect((await turns()).filter((one) => one.error !== null)).toEqual([
      { id: 1, error: 'VENUE_SCHEMA' },
      { id: 2, error: 'VENUE_SCHEMA' },
      { id: 7, error: 'VENUE_REFUSED' },
      { id: 13, error: 'VENUE_SCHEMA' },
    ]);
    const snapshots = await rows<{
      id: number;
      value: string;
      positions: number;
      unread: { why: string }[] | null;
      judged: boolean;
      entry: string | null;
    }>(
      `SELECT trader_id AS id, account_value_usd::text AS value, cardinality(coin_ids) AS positions, unread,
         i.snapshot_id IS NOT NULL AS judged, entry_prices[1]::text AS entry
       FROM account_snapshots s LEFT JOIN snapshot_inbox i USING (snapshot_id) ORDER BY trader_id`,
    );
    const seen = snapshots.map(({ id, positions, unread, judged }) => [
      id,
      positions,
      unread?.[0]?.why ?? null,
      judged,
    ]);
    expect(seen).toEqual([
      [3, 1, 'unknown_coin', true],
      [4, 1, 'too_precise', false],
      [5, 0, null, true],
      [6, 2000, null, true],
      [8, 0, 'other_dex', false],
      [9, 1, 'twice', false],
      [10, 0, 'too_large', false],
      [11, 1, null, true],
      [12, 0, null, true],
    ]);
    expect(snapshots.find((one) => one.id === 5)?.value).toBe('-12345.678901');
    expect(Number(snapshots.find((one) => one.id === 11)?.entry)).toBe(50);
    expect(report.unread).toBe(5);
  });

  it('waits for a venue that is away, and then goes on with the same traders', async () => {
    await populate(test.database, 30);
    let away = true;
    venue.answer = () => (away ? 503 : wireState([]));
    const stop = begin();
    await until(() => venue.asked.length > 15);
    away = false;
    await until(async () => (await count('account_snapshots')) === 30);
    const report = await stop();
    expect(report.failed['VENUE_UNAVAILABLE']).toBeGreaterThan(0);
    expect(await rows('SELECT 1 FROM tracking_turns WHERE failures > 0')).toEqual([]);
  });

  it('gives up a trader that alone fails, and asks for it in its next turn', async () => {
    await populate(test.database, 40);
    venue.answer = ({ user }) => (idOf(user) === 5 ? 500 : wireState([]));
    const stop = begin();
    await until(async () => (await count('account_snapshots')) === 39);
    await until(async () => (await rows('SELECT 1 FROM tracking_turns WHERE failures = 1')).length === 1);
    await stop();
    expect(venue.asked.filter((one) => one.user === userOf(5)).length).toBeLessThan(10);
  });

  it('goes on under a new lease when its own has expired, and what came late does not count', async () => {
    await populate(test.database, 20);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    venue.answer = async () => {
      await held;
      return wireState([]);
    };
    const stop = begin({ leaseMs: 600_000 });
    await until(() => venue.asked.length >= 12);
    // As after a freeze: the lease has run out while answers were on their way.
    await test.database.query('UPDATE tracking_runs SET expires_at = 0');
    release();
    await until(async () => (await count('account_snapshots')) === 20);
    const report = await stop();
    expect(report.leasesLost).toBe(1);
    expect(report.voided).toBeGreaterThanOrEqual(12);
    expect(venue.asked.length).toBe(20 + report.voided);
  });

  it('survives a database that is away, and loses no result whose lease still stands', async () => {
    await populate(test.database, 300);
    const stop = begin({ pollsPerMinute: 3_000 });
    await until(async () => (await count('account_snapshots')) > 20);
    const [name] = [test.name];
    await test.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    );
    await until(async () => (await count('account_snapshots')) === 300);
    const report = await stop();
    expect(report.snapshots).toBeGreaterThanOrEqual(299);
    expect(await rows('SELECT trader_id FROM account_snapshots GROUP BY 1 HAVING count(*) > 1')).toEqual([]);
  });

  it('waits for a database without room, and then stores everything that it holds', async () => {
    await populate(test.database, 60);
    await test.database.query(`CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON account_snapshots FOR EACH ROW EXECUTE FUNCTION no_room()`);
    const stop = begin();
    await until(() => venue.asked.length === 60);
    await test.database.query('DROP TRIGGER no_room ON account_snapshots');
    await until(async () => (await count('account_snapshots')) === 60);
    expect(await stop()).toMatchObject({ polled: 60, snapshots: 60, voided: 0 });
  });

  it('leaves out the one state that the database refuses, and says so', async () => {
    await populate(test.database, 20);
    await test.database.query('ALTER TABLE account_snapshots ADD CHECK (trader_id <> 13)');
    const stop = begin();
    await until(
      async () => (await rows('SELECT 1 FROM tracking_turns WHERE last_turn_at IS NOT NULL')).length === 20,
    );
    const report = await stop();
    expect(report).toMatchObject({ snapshots: 19, failed: { STORE_CONSTRAINT: 1 } });
    expect(await rows('SELECT trader_id, last_error FROM tracking_turns WHERE failures > 0')).toEqual([
      { trader_id: 13, last_error: 'STORE_CONSTRAINT' },
    ]);
  });

  it('holds to its budget and shares it evenly over time', async () => {
    await populate(test.database, 300);
    const stop = begin({ pollsPerMinute: 600 }, 180);
    await until(async () => (await count('account_snapshots')) >= 70);
    await stop();
    expect(venue.asked.length).toBeLessThanOrEqual(90);
    // Evenly: a first burst of one second and what is under way.
    for (const { at } of venue.asked) {
      expect(venue.asked.filter((one) => one.at >= at && one.at < at + 1_000).length).toBeLessThan(45);
    }
  });
});
