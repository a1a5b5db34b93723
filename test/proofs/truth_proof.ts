/**
 * The truth of the position book against the simulated venue, in virtual time: reconnects, half-open and stalled
 * sockets, kills, dropped, duplicated, late and unreadable frames, liquidations and auto-deleveraging.
 *
 * 1. Whenever a trade is applied, and at every quiet point for every position: an exact mark stands on the venue's size,
 *    unless a change that nobody could notice came after its last audit.
 * 2. The next audit of a trader ends every such difference, and says so.
 * 3. Each trade is stored once with its two sides in one change each, inside a recorded gap, or lost without a sign;
 *    the log of every position is a chain that ends where the book is.
 *
 * Real: feed, reader, gap closing, pipeline, position book, judge, recovery, the bytes of every batch, and the venue.
 * Simulated: sockets, time, the worker that polls and, without a database, the tables.
 */
import { EXACT } from '../../src/domain/change_columns.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { makerAddresses } from '../../src/simulator/agents/market_makers.ts';
import { SimulatedWorld, smallWorldOptions } from '../../src/simulator/agents/world.ts';
import type { TradeRecord } from '../../src/simulator/venue/records.ts';
import { Crowd } from './truth_crowd.ts';
import { type MadeTrade, TruthLog } from './truth_log.ts';
import { TruthPairs } from './truth_pairs.ts';
import type { TruthStore } from './truth_store.ts';
import { type StreamParts, VirtualStream } from './truth_stream.ts';
import { type FrameFaults, VirtualWire, type WireCounts } from './truth_wire.ts';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 200;
const ORACLE_MS = 6_000;
const HOUR_MS = 3_600_000;
const NO_FAULTS: FrameFaults = { dropped: 0, duplicated: 0, late: 0, malformed: 0 };
/** A quiet point that never comes is a failure of the feed. */
const QUIET_WITHIN_MS = 900_000;

export interface TruthOptions {
  readonly store: TruthStore;
  readonly seed: string;
  readonly hours: number;
  readonly faults: FrameFaults;
  /** Orders of one taker in a day, and turns of the crowd beside them. */
  readonly actsPerDay: number;
  readonly turnsPerDay: number;
  /** Our clock minus the venue's, ms. */
  readonly clockSkewMs: number;
  readonly flushEveryMs: number;
  readonly sabotage?: StreamParts['sabotage'];
}

export interface TruthReport extends WireCounts {
  readonly seed: string;
  cuts: number;
  kills: number;
  gaps: number;
  quietPoints: number;
  /** Exact marks compared with the venue, at quiet points and as trades came. */
  compared: number;
  exactShare: number;
  audits: number;
  drifts: number;
  /** Differences without a sign that a next audit had to find, and found. */
  foundByAudit: number;
  /** Trades and position changes committed. */
  stored: number;
  changes: number;
}

export async function proveTruth(options: TruthOptions): Promise<TruthReport> {
  const proof = new TruthProof(options);
  return proof.run();
}

class TruthProof {
  readonly #options: TruthOptions;
  readonly #world: SimulatedWorld;
  readonly #clock: ManualClock;
  readonly #wire: VirtualWire;
  readonly #random: Random;
  readonly #parts: StreamParts;
  readonly #log = new TruthLog();
  readonly #coinIds = new Map<string, number>();
  #pairs!: TruthPairs;
  readonly #report: TruthReport;
  readonly #makers: ReadonlySet<string>;
  readonly #due: { at: number; readonly everyMs: number; readonly act: () => Promise<void> | void }[];
  #stream!: VirtualStream;

  constructor(options: TruthOptions) {
    this.#options = options;
    const { seed, faults, actsPerDay, turnsPerDay, clockSkewMs, store, flushEveryMs, sabotage } = options;
    const world = smallWorldOptions(seed, START);
    this.#world = new SimulatedWorld({
      ...world,
      takers: { traders: 200, actsPerDay },
      oracleMs: ORACLE_MS,
      populations: turnsPerDay > 0 ? [(stage) => new Crowd(stage, { members: 200, turnsPerDay })] : [],
    });
    this.#clock = new ManualClock(START + clockSkewMs);
    this.#random = seededRandom(`truth ${seed}`);
    const { venue } = this.#world;
    this.#makers = new Set(makerAddresses(venue.state, world.makers?.makers ?? 0));
    this.#wire = new VirtualWire(venue, this.#clock, this.#random, faults);
    this.#parts = {
      store,
      venue,
      wire: this.#wire,
      clock: this.#clock,
      random: this.#random,
      written: (batch) => this.#log.committed(batch),
      sabotage,
    };
    this.#report = {
      seed,
      ...this.#wire.counts,
      cuts: 0,
      kills: 0,
      gaps: 0,
      quietPoints: 0,
      compared: 0,
      exactShare: 0,
      audits: 0,
      drifts: 0,
      foundByAudit: 0,
      stored: 0,
      changes: 0,
    };
    this.#due = [
      { at: 0, everyMs: flushEveryMs, act: () => this.#stream.flush() },
      { at: 0, everyMs: 7_000, act: () => this.#pollSome() },
      { at: 400_000, everyMs: 420_000, act: () => this.#disturb() },
      { at: 300_000, everyMs: 300_000, act: () => this.#liquidateSomebody() },
      { at: 900_000, everyMs: 900_000, act: () => this.#quietPoint() },
    ];
  }

  async run(): Promise<TruthReport> {
    await this.#start();
    for (const coin of this.#stream.pipeline.coins.all()) this.#coinIds.set(coin.symbol, coin.id);
    this.#world.venue.onBlock(({ trades }) => {
      for (const list of trades.values()) for (const one of list) this.#log.made(this.#madeOf(one));
    });
    this.#wire.silent = (one) => {
      const { coin, tradeId } = this.#madeOf(one);
      this.#log.lost(coin, tradeId);
    };
    const until = START + this.#options.hours * HOUR_MS;
    while (this.#venueTime() < until) {
      this.#world.advanceTo(this.#venueTime() + STEP_MS);
      await this.#step(STEP_MS);
      for (const due of this.#due) {
        if (this.#venueTime() - START < due.at) continue;
        due.at = this.#venueTime() - START + due.everyMs * (0.5 + this.#random.next());
        await due.act();
      }
    }
    await this.#quietPoint();
    this.#endOfStream();
    const { stored, changes } = this.#log.counts;
    return Object.assign(this.#report, this.#wire.counts, { stored, changes });
  }

  async #start(): Promise<void> {
    this.#stream = await VirtualStream.start(this.#parts);
    this.#pairs = new TruthPairs(this.#stream.pipeline, this.#world.venue, this.#wire.table);
  }

  #madeOf({ coin, tid, time, buyer, seller }: TradeRecord): MadeTrade {
    return { coin: this.#coinIds.get(coin.symbol) ?? 0, tradeId: tid, time, buyer, seller };
  }

  #venueTime(): number {
    return this.#clock.now() - this.#options.clockSkewMs;
  }

  async #step(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#wire.deliver((trades) => this.#afterFrame(trades));
  }

  #afterFrame(trades: readonly TradeRecord[]): void {
    for (const one of trades) {
      this.#checkPair(one.buyer, one.coin);
      this.#checkPair(one.seller, one.coin);
    }
  }

  #checkPair(address: TradeRecord['buyer'], coin: TradeRecord['coin']): void {
    const { table } = this.#wire;
    const key = table.key(address, coin);
    if (table.isLate(key)) return;
    const slot = this.#pairs.slotOf(key, address, coin.symbol);
    if (slot >= 0) this.#checkSlot(slot);
  }

  /** True if the mark is exact; throws if it stands on a size that it must not stand on. */
  #checkSlot(slot: number): boolean {
    const { pipeline, down } = this.#stream;
    const { book } = pipeline;
    if (book.knownOf(slot) !== EXACT || down.has(book.pairs.coinOf(slot))) return false;
    const { table } = this.#wire;
    const key = this.#pairs.keyOf(slot);
    const state = book.state(slot);
    if (table.silentAt(key) > state.verifiedAt) return false;
    this.#report.compared++;
    if (state.size !== table.lots(key)) {
      throw new Error(
        `seed ${this.#options.seed}, ${new Date(this.#venueTime()).toISOString()}: ${this.#pairs.nameOf(slot)} is marked ` +
          `exact with ${state.size} lots, the venue has ${table.lots(key)}: ${JSON.stringify(state)}, last change ` +
          `without a sign ${table.silentAt(key)}`,
      );
    }
    return true;
  }

  async #pollSome(): Promise<void> {
    const traders = await this.#stream.wanted(16);
    const known = this.#stream.pipeline.ledger.known;
    for (let i = 0; i < 4 && known > 0; i++) traders.add(1 + this.#random.int(known));
    await this.#stream.poll(traders);
  }

  async #disturb(): Promise<void> {
    const draw = this.#random.next();
    if (draw < 0.4) {
      this.#report.cuts++;
      this.#wire.cut(this.#outage());
    } else if (draw < 0.5) this.#wire.die('mute');
    else if (draw < 0.6) this.#wire.die('stalled');
    else if (draw < 0.7) await this.#audit(1);
    else await this.#kill();
  }

  /** ms: mostly what the replay and recentTrades close, sometimes more than they reach. */
  #outage(): number {
    return this.#random.next() < 0.7 ? this.#random.int(20_000) : this.#random.int(500_000);
  }

  async #audit(count: number): Promise<void> {
    const known = this.#stream.pipeline.ledger.known;
    const traders = new Set<number>();
    for (let i = 0; i < count && known > 0; i++) traders.add(1 + this.#random.int(known));
    await this.#stream.poll(traders);
  }

  async #kill(): Promise<void> {
    this.#report.kills++;
    this.#endOfStream();
    this.#stream.kill();
    this.#wire.cut(this.#outage());
    await this.#start();
  }

  #endOfStream(): void {
    const { counts } = this.#stream.auditor;
    this.#report.audits += counts.agreed + counts.seeded + counts.drifted;
    this.#report.drifts += counts.drifted;
    this.#report.gaps += this.#stream.gaps;
  }

  #liquidateSomebody(): void {
    const { pipeline } = this.#stream;
    const { book } = pipeline;
    if (book.pairs.size === 0) return;
    const slot = this.#random.int(book.pairs.size);
    const user = pipeline.addresses.addressOf(book.pairs.traderOf(slot));
    // Without its makers a coin would not trade any more.
    if (this.#makers.has(user)) return;
    const symbol = pipeline.coins.byId(book.pairs.coinOf(slot))?.symbol ?? '';
    const draw = this.#random.next();
    if (draw < 0.4) this.#world.venue.control.forceAdl(user, symbol);
    else this.#world.venue.control.forceLiquidation(user, draw < 0.7 ? 'market' : 'backstop');
  }

  /** The venue stands still until everything has arrived; then every position is compared. */
  async #quietPoint(): Promise<void> {
    this.#report.quietPoints++;
    this.#wire.setFaults(NO_FAULTS);
    const begun = this.#clock.now();
    while (!this.#wire.isIdle || this.#wire.isDead || this.#stream.down.size > 0) {
      if (this.#clock.now() - begun > QUIET_WITHIN_MS) throw new Error('the feed did not come back');
      // A venue without a trade would never show that its data has stopped.
      this.#world.advanceTo(this.#venueTime() + 1_000);
      await this.#step(1_000);
    }
    // Snapshots that still wait would be second and third audits beside the one below.
    while (!this.#wire.isIdle || this.#stream.auditor.waiting > 0) {
      await this.#step(1_000);
      await this.#stream.auditor.work();
    }
    const wrong = this.#compareAll();
    await this.#findByAudit(wrong);
    await this.#settleLog();
    this.#wire.setFaults(this.#options.faults);
  }

  /** @returns slots that differ from the venue while nothing shows it. */
  #compareAll(): number[] {
    const { book } = this.#stream.pipeline;
    const wrong: number[] = [];
    let exact = 0;
    for (let slot = 0; slot < book.pairs.size; slot++) {
      if (this.#checkSlot(slot)) exact++;
      else if (
        book.knownOf(slot) === EXACT &&
        book.state(slot).size !== this.#wire.table.lots(this.#pairs.keyOf(slot))
      )
        wrong.push(slot);
    }
    if (book.pairs.size > 0) this.#report.exactShare = exact / book.pairs.size;
    return wrong;
  }

  async #findByAudit(wrong: readonly number[]): Promise<void> {
    if (wrong.length === 0) return;
    const { pipeline, auditor } = this.#stream;
    const { book } = pipeline;
    const before = auditor.counts.drifted;
    const left = new Map(wrong.map((slot) => [slot, book.state(slot).verifiedAt]));
    // A snapshot of a millisecond in which the trader traded is put off: then another is taken a little later.
    for (let tries = 0; left.size > 0; tries++) {
      if (tries === 60) throw new Error(`${this.#pairs.nameOf([...left.keys()][0] ?? 0)} cannot be audited`);
      await this.#stream.poll(new Set([...left.keys()].map((slot) => book.pairs.traderOf(slot))));
      while (!this.#wire.isIdle || auditor.waiting > 0) {
        await this.#step(1_000);
        await auditor.work();
      }
      for (const [slot, verifiedAt] of left) {
        if (book.state(slot).verifiedAt === verifiedAt) continue;
        left.delete(slot);
        this.#checkFound(slot);
      }
      this.#world.advanceTo(this.#venueTime() + 1_000);
      await this.#step(1_000);
    }
    if (auditor.counts.drifted === before) throw new Error('no drift was recorded');
    this.#report.foundByAudit += wrong.length;
  }

  #checkFound(slot: number): void {
    const { size, known, verifiedAt } = this.#stream.pipeline.book.state(slot);
    const { table } = this.#wire;
    const key = this.#pairs.keyOf(slot);
    // Struck again while the audit was put off.
    if (table.silentAt(key) > verifiedAt) return;
    if (size !== table.lots(key))
      throw new Error(`seed ${this.#options.seed}: an audit left ${this.#pairs.nameOf(slot)} wrong`);
    if (known === EXACT)
      throw new Error(`seed ${this.#options.seed}: drift of ${this.#pairs.nameOf(slot)} without a word`);
  }

  /** What was made so far is written, or it is known why not. */
  async #settleLog(): Promise<void> {
    while (!this.#wire.isIdle) await this.#step(1_000);
    do await this.#stream.flush();
    while (this.#stream.pipeline.pending > 0);
    const { book, coins, addresses } = this.#stream.pipeline;
    this.#log.settle((address, coin) => {
      if (coins.byId(coin) === undefined) return 0;
      const slot = book.pairs.find(addresses.find(address as TradeRecord['buyer']), coin);
      return slot < 0 ? 0 : book.state(slot).verifiedAt;
    });
    this.#log.mustEndAs(book);
  }
}
