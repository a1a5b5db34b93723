/**
 * kill -9 of streams and workers at random moments: real processes, a real PostgreSQL, the simulated venue over real
 * sockets. The venue runs in this process, so that every trade that it made is known.
 *
 * Afterwards: each trade is stored once with its two sides in one change each, or lies inside a recorded gap; the
 * changes of every position make a chain; and after the next audits the fold of the log is what the venue says.
 */

import { startSchedulerRole } from '../../src/main/roles/scheduler.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import type { RunningRole } from '../../src/runtime/lifecycle.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { type Random, seededRandom, systemRandom } from '../../src/runtime/random.ts';
import { SimulatedWorld, smallWorldOptions } from '../../src/simulator/agents/world.ts';
import { VenueBackend } from '../../src/simulator/exchange/venue_backend.ts';
import type { TradeRecord } from '../../src/simulator/venue/records.ts';
import { startWireServer, type WireServer } from '../../src/simulator/wire/server.ts';
import type { Database } from '../../src/store/database.ts';
import { until } from '../until.ts';
import { type Accounted, everyTradeIsAccountedFor, foldDifferences } from './kill_accounts.ts';
import { RestartedProcess } from './restarted_process.ts';
import { Crowd } from './truth_crowd.ts';

const COINS = 10;
const MEMBERS = 60;
/** Some thirty trades a second. */
const TURNS_PER_DAY = 400_000;
/** A kill comes at a random moment after something was written, often; or while a successor is still starting. */
const AWAIT_PROGRESS_SHARE = 0.7;
const PROGRESS_WITHIN_MS = 7_000;
const PAUSE_MS = 3_000;
/** Now and then nobody listens for so long that neither the replay nor recentTrades reach back. */
const BLACKOUT_SHARE = 0.06;
const BLACKOUT_MS = 25_000;
const RECENT_TRADES = 40;
const LIQUIDATION_EVERY_MS = 10_000;
/** Without a trade for this long the market stands still: the liquidator tries every few seconds. */
const STILL_MS = 10_000;
const CALM_WITHIN_MS = 600_000;
const RECOVERED_WITHIN_MS = 180_000;

export interface KillPlan {
  readonly database: Database;
  readonly seed: string;
  readonly kills: number;
}

export interface KillReport extends Accounted {
  readonly kills: Readonly<Record<string, number>>;
  /** Trades that the venue made. */
  readonly trades: number;
  /** How often another stream took the lease. */
  readonly takeovers: number;
  readonly gaps: number;
  readonly changes: number;
  readonly drifts: number;
  readonly seconds: number;
}

export async function proveKills(plan: KillPlan): Promise<KillReport> {
  const proof = new KillProof(plan);
  try {
    return await proof.run();
  } finally {
    await proof.close();
  }
}

class KillProof {
  readonly #plan: KillPlan;
  readonly #random: Random;
  readonly #world: SimulatedWorld;
  #crowd!: Crowd;
  readonly #trades: TradeRecord[] = [];
  /** Nobody watched before this time of the venue. */
  #watchedSince = 0;
  readonly #began = systemClock.monotonic();
  #server: WireServer | undefined;
  #scheduler: RunningRole | undefined;
  #processes: RestartedProcess[] = [];

  constructor(plan: KillPlan) {
    this.#plan = plan;
    this.#random = seededRandom(`kills ${plan.seed}`);
    const { coins = [], ...small } = smallWorldOptions(plan.seed, systemClock.now());
    this.#world = new SimulatedWorld({
      ...small,
      coins: coins.slice(0, COINS),
      takers: null,
      populations: [
        (stage) => {
          this.#crowd = new Crowd(stage, { members: MEMBERS, turnsPerDay: TURNS_PER_DAY });
          return this.#crowd;
        },
      ],
    });
    this.#world.venue.onBlock(({ trades }) => {
      for (const list of trades.values()) this.#trades.push(...list);
    });
  }

  async run(): Promise<KillReport> {
    const { database, kills } = this.#plan;
    await this.#start();
    await until(() => this.#isWhole(), 'a stream to begin', RECOVERED_WITHIN_MS);
    this.#watchedSince = this.#world.venue.time;
    const liquidations = systemClock.every(LIQUIDATION_EVERY_MS, () => this.#liquidateSomebody());
    const counts: Record<string, number> = {};
    while (sum(counts) < kills) {
      await this.#pause();
      const everyStream = this.#random.next() < BLACKOUT_SHARE;
      const victims = everyStream
        ? this.#processes.filter((one) => one.role === 'stream')
        : this.#processes.slice(this.#random.int(this.#processes.length)).slice(0, 1);
      for (const victim of victims)
        if (victim.kill(everyStream ? BLACKOUT_MS : 0)) counts[victim.role] = (counts[victim.role] ?? 0) + 1;
    }
    liquidations.cancel();
    this.#crowd.rest();
    await this.#calm();
    await this.#account();
    await this.#nextAudits();
    const accounted = await this.#account();
    const count = async (table: string) =>
      (await database.query<{ count: number }>(`SELECT count(*) AS count FROM ${table}`)).rows[0]?.count ??
      -1;
    const lease = await database.query<{ token: number }>(`SELECT token FROM leases WHERE name = 'stream'`);
    return {
      ...accounted,
      kills: counts,
      trades: this.#trades.length,
      takeovers: (lease.rows[0]?.token ?? 1) - 1,
      gaps: await count('feed_gaps'),
      changes: await count('position_changes'),
      drifts: await count('drift_records'),
      seconds: Math.round((systemClock.monotonic() - this.#began) / 1_000),
    };
  }

  async #start(): Promise<void> {
    const { database, seed } = this.#plan;
    const world = this.#world;
    const backend = new VenueBackend({ world, clock: systemClock, recentTrades: RECENT_TRADES });
    this.#server = await startWireServer({
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      log: silentLogger,
      backend,
      // What is proven is not the budget: every restart subscribes and asks anew.
      limits: {
        restWeight: 100_000,
        newConnectionsPerMinute: 1_000,
        connections: 1_000,
        messagesPerMinute: 100_000,
      },
    });
    const environment = {
      NETWORK: 'simulator',
      DATABASE_URL: database.url.reveal(),
      SIMULATOR_PORT: String(this.#server.port),
      SIMULATOR_SEED: seed,
      TRACKING_INTERVAL_SECONDS: '5',
      LOG_LEVEL: 'error',
    };
    const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
    const { settings: config } = loadSettings({ environment, file: {} }, groups);
    this.#scheduler = await startSchedulerRole({
      config,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      instance: 'scheduler',
      restarts: 0,
    });
    this.#processes = ['stream', 'stream', 'worker', 'worker'].map(
      (role) => new RestartedProcess(role, environment),
    );
  }

  async close(): Promise<void> {
    for (const one of this.#processes) await one.close();
    await this.#scheduler?.stop();
    await this.#server?.close();
  }

  async #pause(): Promise<void> {
    if (this.#random.next() < AWAIT_PROGRESS_SHARE) {
      const before = await this.#flushes();
      const end = systemClock.monotonic() + PROGRESS_WITHIN_MS;
      while ((await this.#flushes()) < before + 2 && systemClock.monotonic() < end)
        await systemClock.sleep(50);
    }
    await systemClock.sleep(this.#random.int(PAUSE_MS));
  }

  async #flushes(): Promise<number> {
    const { rows } = await this.#plan.database.query<{ flushes: number }>('SELECT flushes FROM stream_state');
    return rows[0]?.flushes ?? 0;
  }

  #liquidateSomebody(): void {
    const accounts = [...this.#world.venue.state.accounts.values()].filter(
      (account) => account.ordinary && account.positions.size > 0,
    );
    const account = accounts[this.#random.int(Math.max(1, accounts.length))];
    const [position] = account?.positions.values() ?? [];
    if (account === undefined || position === undefined) return;
    const draw = this.#random.next();
    const { control } = this.#world.venue;
    if (draw < 0.4) control.forceAdl(account.address, position.market.symbol);
    else control.forceLiquidation(account.address, draw < 0.7 ? 'market' : 'backstop');
  }

  /** Every coin is followed, and nothing waits to be judged. */
  async #isWhole(): Promise<boolean> {
    const { rows } = await this.#plan.database.query<{ whole: boolean }>(
      `SELECT count(*) = ${COINS} AS whole FROM coin_feed WHERE NOT interrupted`,
    );
    return rows[0]?.whole === true;
  }

  /** Nobody trades any more: the crowd rests, and the liquidator has sold what it took over, as far as anybody buys. */
  async #calm(): Promise<void> {
    let seen = -1;
    let since = systemClock.monotonic();
    await until(
      () => {
        if (seen !== this.#trades.length) since = systemClock.monotonic();
        seen = this.#trades.length;
        return systemClock.monotonic() - since > STILL_MS;
      },
      'the market to stand still',
      CALM_WITHIN_MS,
    );
  }

  async #account(): Promise<Accounted> {
    await until(() => this.#isWhole(), 'every coin to be followed', RECOVERED_WITHIN_MS);
    const { database } = this.#plan;
    return until(
      async () => {
        await systemClock.sleep(1_000);
        return everyTradeIsAccountedFor(database, this.#trades, this.#watchedSince);
      },
      'every trade to be accounted for',
      30_000,
    );
  }

  async #nextAudits(): Promise<void> {
    const { database } = this.#plan;
    const now = this.#world.venue.time;
    const left = async (where: string) =>
      ((await database.query(`SELECT 1 FROM ${where} LIMIT 1`)).rows.length ?? 0) > 0;
    await until(
      async () => !(await left(`traders WHERE last_tracked_at IS NULL OR last_tracked_at <= ${now}`)),
      'every trader to be audited',
      RECOVERED_WITHIN_MS,
    );
    await until(
      async () => !(await left(`current_positions WHERE size <> 0 AND known <> 'exact'`)),
      'every position to be exact',
      RECOVERED_WITHIN_MS,
    );
    const differences = await foldDifferences(database, this.#world.venue.query);
    if (differences.length > 0)
      throw new Error(`the log differs from the venue: ${JSON.stringify(differences.slice(0, 5))}`);
  }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
