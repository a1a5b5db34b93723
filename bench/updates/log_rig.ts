/** An event log to write to: the embedded PostgreSQL in a folder of its own, and the stream role's way of writing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeColumns, EXACT } from '../../src/domain/change_columns.ts';
import { CoinTable } from '../../src/domain/listed_coin.ts';
import { PairIndex } from '../../src/domain/pair_index.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Secret } from '../../src/runtime/secret.ts';
import type { RowSource } from '../../src/store/binary_copy.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded/launcher.ts';
import { runMigrations } from '../../src/store/migrate.ts';
import { publishNews } from '../../src/store/news.ts';
import { ensureOffsetPartitions } from '../../src/store/partitions.ts';
import { changeRows, copyPositionChanges } from '../../src/store/position_changes.ts';
import { openStreamState, writeStreamState } from '../../src/store/stream_state.ts';
import { stampWorld } from '../../src/store/world.ts';

const TRADERS = 1_000;
const COINS = 20;

export interface LogRig {
  readonly url: Secret;
  readonly database: Database;
  readonly epoch: number;
  /** Last offset written. */
  readonly head: number;
  /** Appends in one flush: rows by COPY, state and news in the same transaction. */
  append(count: number): Promise<void>;
  /** The same rows by the same COPY into a bare table, one transaction: what the log cannot be faster than. */
  copyOnly(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startLogRig(): Promise<LogRig> {
  const folder = await mkdtemp(join(tmpdir(), 'autotrade-bench-'));
  const options = { clock: systemClock, random: systemRandom, log: silentLogger };
  const server = await startEmbeddedPostgres({ dataDir: folder, ...options });
  const connection = { url: server.url, log: silentLogger, applicationName: 'bench' };
  await runMigrations(connection);
  const database = openDatabase(connection);
  const world = await stampWorld(database, { network: 'simulator', worldId: 'bench' }, systemClock);
  const coins = await seed(database, world.epoch);
  const log = new Writer(database, world.epoch, coins);
  return {
    url: server.url,
    database,
    epoch: world.epoch,
    get head() {
      return log.head;
    },
    append: (count) => log.append(count),
    copyOnly: (count) => log.copyOnly(count),
    async close() {
      await database.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function seed(database: Database, epoch: number): Promise<CoinTable> {
  await database.query(
    `INSERT INTO coins (coin_id, dex, name, size_decimals, max_leverage, first_seen_at)
     SELECT i, '', 'COIN' || i, 3, 20, $1 FROM generate_series(1, ${COINS}) i`,
    [epoch],
  );
  await database.query(
    `INSERT INTO traders (trader_id, address, first_seen_at, last_seen_at, trade_count, notional_usd, coin_count, through_seq)
     SELECT i, decode(lpad(to_hex(i), 40, '0'), 'hex'), $1, $1, 1, 1, 1, 1 FROM generate_series(1, ${TRADERS}) i`,
    [epoch],
  );
  await openStreamState(database, epoch, epoch);
  await database.query('CREATE SCHEMA bare');
  await database.query('CREATE TABLE bare.position_changes (LIKE public.position_changes)');
  return new CoinTable(
    Array.from({ length: COINS }, (_, index) => {
      const name = `COIN${index + 1}`;
      return { id: index + 1, dex: '', name, symbol: name, sizeDecimals: 3 };
    }),
  );
}

class Writer {
  readonly #database: Database;
  readonly #epoch: number;
  readonly #coins: CoinTable;
  readonly #pairs = new PairIndex();
  readonly #changes = new ChangeColumns();
  #flushes = 0;
  #partitioned = 0;
  head = 0;

  constructor(database: Database, epoch: number, coins: CoinTable) {
    this.#database = database;
    this.#epoch = epoch;
    this.#coins = coins;
  }

  #encode(count: number, now: number): RowSource {
    const changes = this.#changes;
    changes.clear();
    for (let i = 0; i < count; i++) {
      const n = this.head + 1 + i;
      const slot = this.#pairs.intern(1 + (n % TRADERS), 1 + (n % COINS));
      const at = changes.add(slot, 1_500, now, now);
      changes.sizeAfter[at] = 2_750;
      changes.traded[at] = 1_250;
      changes.notional[at] = 1_250 * 64_213;
      changes.cost[at] = 2_750 * 64_000;
      changes.episode[at] = 3;
      changes.episodePnl[at] = 0;
      changes.openedAt[at] = now - 1_000;
      changes.known[at] = EXACT;
      changes.addFill(at, 1_000_000_000 + n);
    }
    return changeRows(changes, this.#pairs, this.#coins, {
      epoch: this.#epoch,
      offset: this.head + 1,
      committedAt: now,
    });
  }

  async append(count: number): Promise<void> {
    const last = this.head + count;
    if (last > this.#partitioned) {
      const through = { epoch: this.#epoch, fromOffset: this.head + 1, throughOffset: last + 1_000_000 };
      await ensureOffsetPartitions(this.#database, 'position_changes', through);
      this.#partitioned = through.throughOffset;
    }
    const now = systemClock.now();
    const rows = this.#encode(count, now);
    await this.#database.transaction(async (tx) => {
      await copyPositionChanges(tx, rows);
      const state = {
        epoch: this.#epoch,
        flushes: ++this.#flushes,
        nextOffset: last + 1,
        nextSeq: 1,
        positionsThrough: last + 1,
        tradersThrough: 1,
        aliveUntil: now,
      };
      await writeStreamState(tx, state, now);
      await publishNews(tx, 'changes', { epoch: this.#epoch, offset: last });
    });
    this.head = last;
  }

  async copyOnly(count: number): Promise<void> {
    const rows = this.#encode(count, systemClock.now());
    await this.#database.transaction(async (tx) => {
      await tx.query('SET LOCAL search_path = bare, public');
      await copyPositionChanges(tx, rows);
    });
  }
}
