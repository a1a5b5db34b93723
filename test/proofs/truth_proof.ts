/**
 * The truth of the position book against the simulated venue, in virtual time: reconnects, half-open and stalled
 * sockets, kills, dropped, duplicated, late and unreadable frames, liquidations and auto-deleveraging.
 *
 * 1. Whenever a trade is applied, and at every quiet point for every position: an exact mark stands on the venue's size,
 *    unless a change that nobody could notice came after its last audit.
 * 2. The next audit of a trader ends every such difference, and says so.
 * 3. No trade is in two changes of one side, and each is stored, inside a recorded gap, or lost without a sign.
 */
import { EXACT } from '../../src/domain/change_columns.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { SimulatedWorld, smallWorldOptions } from '../../src/simulator/agents/world.ts';
import type { TradeRecord } from '../../src/simulator/venue/records.ts';
import type { Database } from '../../src/store/database.ts';
import { type StreamParts, VirtualStream } from './truth_stream.ts';
import { type FrameFaults, VirtualWire, type WireCounts } from './truth_wire.ts';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 200;
const HOUR_MS = 3_600_000;
const NO_FAULTS: FrameFaults = { dropped: 0, duplicated: 0, late: 0, malformed: 0 };
/** A quiet point that never comes is a failure of the feed. */
const QUIET_WITHIN_MS = 900_000;

export interface TruthOptions {
  readonly database: Database;
  readonly seed: string;
  readonly hours: number;
  readonly faults: FrameFaults;
  /** Orders of one taker in a day. */
  readonly actsPerDay: number;
  /** Our clock minus the venue's, ms. */
  readonly clockSkewMs: number;
  readonly flushEveryMs: number;
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
  readonly #trades = new Map<string, { readonly coin: string; readonly time: number }>();
  readonly #report: TruthReport;
  readonly #due: { at: number; readonly everyMs: number; readonly act: () => Promise<void> | void }[];
  #stream!: VirtualStream;

  constructor(options: TruthOptions) {
    this.#options = options;
    const { seed, faults, actsPerDay, clockSkewMs, database, flushEveryMs } = options;
    const world = smallWorldOptions(seed, START);
    this.#world = new SimulatedWorld({ ...world, takers: { traders: 200, actsPerDay } });
    this.#clock = new ManualClock(START + clockSkewMs);
    this.#random = seededRandom(`truth ${seed}`);
    const { venue } = this.#world;
    this.#wire = new VirtualWire(venue, this.#clock, this.#random, faults);
    venue.onBlock(({ trades }) => {
      for (const [coin, list] of trades)
        for (const { tid, time } of list)
          this.#trades.set(`${coin.symbol} ${tid}`, { coin: coin.symbol, time });
    });
    this.#parts = { database, venue, wire: this.#wire, clock: this.#clock, random: this.#random };
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
    };
    this.#due = [
      { at: 0, everyMs: flushEveryMs, act: () => this.#stream.flush() },
      { at: 0, everyMs: 5_000, act: () => this.#pollSome() },
      { at: 400_000, everyMs: 420_000, act: () => this.#disturb() },
      { at: 300_000, everyMs: 300_000, act: () => this.#liquidateSomebody() },
      { at: 900_000, everyMs: 900_000, act: () => this.#quietPoint() },
    ];
  }

  async run(): Promise<TruthReport> {
    this.#stream = await VirtualStream.start(this.#parts);
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
    await this.#everythingIsStored();
    this.#endOfStream();
    return Object.assign(this.#report, this.#wire.counts);
  }

  #venueTime(): number {
    return this.#clock.now() - this.#options.clockSkewMs;
  }

  async #step(ms: number): Promise<void> {
    await this.#clock.advance(ms);
    this.#wire.deliver((coin, trades) => this.#afterFrame(coin, trades));
  }

  #afterFrame(symbol: string, trades: readonly TradeRecord[]): void {
    for (const one of trades) {
      this.#checkPair(symbol, one.buyer);
      this.#checkPair(symbol, one.seller);
    }
  }

  #checkPair(symbol: string, user: TradeRecord['buyer']): void {
    if (this.#wire.isLate(symbol, user)) return;
    const { pipeline } = this.#stream;
    const coin = pipeline.coins.bySymbol(symbol)?.id ?? 0;
    const slot = pipeline.book.pairs.find(pipeline.addresses.find(user), coin);
    if (slot >= 0) this.#checkSlot(slot);
  }

  /** True if the mark is exact; throws if it stands on a size that it must not stand on. */
  #checkSlot(slot: number): boolean {
    const { pipeline, down } = this.#stream;
    const coin = pipeline.book.pairs.coinOf(slot);
    const state = pipeline.book.state(slot);
    if (state.known !== EXACT || down.has(coin)) return false;
    const key = this.#keyOf(slot);
    if ((this.#wire.silent.get(key) ?? 0) > state.verifiedAt) return false;
    this.#report.compared++;
    const truth = this.#wire.truth.get(key) ?? 0;
    if (state.size !== truth) {
      throw new Error(
        `seed ${this.#options.seed}, ${new Date(this.#venueTime()).toISOString()}: ${key} is marked exact with ` +
          `${state.size} lots, the venue has ${truth}: ${JSON.stringify(state)}, last change without a sign ` +
          `${this.#wire.silent.get(key) ?? 'never'}`,
      );
    }
    return true;
  }

  #keyOf(slot: number): string {
    const { book, coins, addresses } = this.#stream.pipeline;
    return `${coins.byId(book.pairs.coinOf(slot))?.symbol} ${addresses.addressOf(book.pairs.traderOf(slot))}`;
  }

  async #pollSome(): Promise<void> {
    const traders = await this.#stream.wanted(20);
    const known = this.#stream.pipeline.ledger.known;
    for (let i = 0; i < 5 && known > 0; i++) traders.add(1 + this.#random.int(known));
    await this.#stream.poll(traders);
  }

  async #disturb(): Promise<void> {
    const draw = this.#random.next();
    if (draw < 0.4) {
      this.#report.cuts++;
      this.#wire.cut(this.#random.next() < 0.7 ? this.#random.int(10_000) : this.#random.int(400_000));
    } else if (draw < 0.5) this.#wire.die('mute');
    else if (draw < 0.6) this.#wire.die('stalled');
    else if (draw < 0.7) await this.#audit(1);
    else await this.#kill();
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
    this.#wire.cut(this.#random.int(20_000));
    this.#stream = await VirtualStream.start(this.#parts);
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
        book.state(slot).size !== (this.#wire.truth.get(this.#keyOf(slot)) ?? 0)
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
      if (tries === 60) throw new Error(`${this.#keyOf([...left.keys()][0] ?? 0)} cannot be audited`);
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
    const key = this.#keyOf(slot);
    // Struck again while the audit was put off.
    if ((this.#wire.silent.get(key) ?? 0) > verifiedAt) return;
    if (size !== (this.#wire.truth.get(key) ?? 0))
      throw new Error(`seed ${this.#options.seed}: an audit left ${key} wrong`);
    if (known === EXACT) throw new Error(`seed ${this.#options.seed}: drift of ${key} without a word`);
  }

  async #everythingIsStored(): Promise<void> {
    await this.#stream.flush();
    const { database } = this.#options;
    const { coins } = this.#stream.pipeline;
    const stored = await database.query<{ coin_id: number; trade_id: number }>(
      'SELECT coin_id, trade_id FROM trades',
    );
    const have = new Set(stored.rows.map((row) => `${coins.byId(row.coin_id)?.symbol} ${row.trade_id}`));
    if (have.size !== stored.rows.length) throw new Error('a trade is stored twice');
    const gaps = await database.query<{ coin_id: number; from_time: number; to_time: number }>(
      'SELECT coin_id, from_time, to_time FROM feed_gaps',
    );
    const spans = gaps.rows.map((gap) => ({ ...gap, coin: coins.byId(gap.coin_id)?.symbol }));
    for (const [key, { coin, time }] of this.#trades) {
      if (have.has(key) || this.#wire.silentTrades.has(key)) continue;
      if (!spans.some((gap) => gap.coin === coin && gap.from_time <= time && time <= gap.to_time))
        throw new Error(`seed ${this.#options.seed}: trade ${key} at ${time} is neither stored nor in a gap`);
    }
    const twice = await database.query(
      `SELECT 1 FROM position_changes, unnest(trade_ids) AS id GROUP BY trader_id, coin_id, id, size_after > size_before
       HAVING count(*) > 1 LIMIT 1`,
    );
    if (twice.rows.length > 0) throw new Error('a trade is in two changes of one side');
  }
}
