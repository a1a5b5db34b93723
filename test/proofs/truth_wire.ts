/**
 * The way from the simulated venue to the feed in virtual time, in one process: a socket that acknowledges, replays
 * and delivers as the venue's does, with the faults of a plan drawn from the seed.
 */
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { ManualClock } from '../../src/runtime/clock.ts';
import type { Random } from '../../src/runtime/random.ts';
import type { BlockEvents, CoinRef, TradeRecord } from '../../src/simulator/venue/records.ts';
import type { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import { viewTrade } from '../../src/simulator/venue/views.ts';
import { TruthTable } from './truth_table.ts';

const REPLAYED = 30;
const OPEN = 1;

/** Shares of frames. */
export interface FrameFaults {
  readonly dropped: number;
  readonly duplicated: number;
  /** Delivered up to three seconds after later frames. */
  readonly late: number;
  /** One trade of the frame cannot be read. */
  readonly malformed: number;
}

interface Parcel {
  readonly at: number;
  readonly text: string;
  readonly coin: string;
  readonly trades: readonly TradeRecord[];
  readonly fate: 'deliver' | 'drop' | 'malformed';
  readonly isLate: boolean;
  /** Position changes of the block without a public trade. */
  readonly unprinted: readonly Move[];
}

interface Move {
  readonly user: string;
  readonly coin: CoinRef;
  readonly lots: number;
  readonly time: number;
}

/** What the feed holds instead of a `ws` socket. */
class VirtualSocket extends EventEmitter {
  readyState: number = 0;
  readonly #heard: (text: string) => void;
  readonly #ended: (socket: VirtualSocket) => void;

  constructor(heard: (text: string) => void, ended: (socket: VirtualSocket) => void) {
    super();
    this.#heard = heard;
    this.#ended = ended;
  }

  send(text: string): void {
    this.#heard(text);
  }

  pause(): void {}
  resume(): void {}

  terminate(): void {
    this.readyState = 3;
    this.#ended(this);
  }
}

export interface WireCounts {
  trades: number;
  frames: number;
  dropped: number;
  duplicated: number;
  late: number;
  malformed: number;
  lostInCuts: number;
  unprinted: number;
  liquidations: number;
}

export class VirtualWire {
  readonly counts: WireCounts = {
    trades: 0,
    frames: 0,
    dropped: 0,
    duplicated: 0,
    late: 0,
    malformed: 0,
    lostInCuts: 0,
    unprinted: 0,
    liquidations: 0,
  };
  /** As of the last frame that left the wire, delivered or lost. */
  readonly table = new TruthTable();
  /** Told of every trade whose loss nobody can notice. */
  silent: (trade: TradeRecord) => void = () => undefined;
  readonly #venue: SimulatedVenue;
  readonly #clock: ManualClock;
  readonly #random: Random;
  #faults: FrameFaults;
  #queue: Parcel[] = [];
  #socket: VirtualSocket | undefined;
  readonly #subscribed = new Set<string>();
  #dead: 'no' | 'mute' | 'stalled' = 'no';
  #refusedUntil = 0;
  #lastAt = 0;

  constructor(venue: SimulatedVenue, clock: ManualClock, random: Random, faults: FrameFaults) {
    this.#venue = venue;
    this.#clock = clock;
    this.#random = random;
    this.#faults = faults;
    venue.onBlock((events) => this.#onBlock(events));
  }

  readonly dial = (): WebSocket => {
    const socket = new VirtualSocket(
      (text) => this.#heard(socket, text),
      (ended) => this.#ended(ended),
    );
    this.#dead = 'no';
    this.#socket = socket;
    this.#clock.after(50, () => {
      if (this.#socket !== socket) return;
      if (this.#clock.now() < this.#refusedUntil) {
        this.cut(0);
        return;
      }
      socket.readyState = OPEN;
      socket.emit('open');
    });
    return socket as unknown as WebSocket;
  };

  setFaults(faults: FrameFaults): void {
    this.#faults = faults;
  }

  /** The venue closes; nobody gets in for so long. What was under way is lost. */
  cut(forMs: number): void {
    this.#refusedUntil = Math.max(this.#refusedUntil, this.#clock.now() + forMs);
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#ended(socket);
    socket.readyState = 3;
    socket.emit('close', 1006);
  }

  /** mute: half-open, no answer at all; stalled: pings are answered, data has stopped. Until the socket is given up. */
  die(how: 'mute' | 'stalled'): void {
    if (this.#socket !== undefined) this.#dead = how;
  }

  get isDead(): boolean {
    return this.#dead !== 'no';
  }

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  /** Delivers what is due now; each frame is told after it was delivered. */
  deliver(told: (trades: readonly TradeRecord[]) => void): void {
    const now = this.#clock.now();
    if ((this.#queue[0]?.at ?? Number.POSITIVE_INFINITY) > now) return;
    let due = this.#queue.findIndex((one) => one.at > now);
    if (due < 0) due = this.#queue.length;
    for (const parcel of this.#queue.splice(0, due)) {
      this.#settle(parcel);
      if (parcel.text === '') continue;
      if (this.#dead !== 'no' && !(this.#dead === 'stalled' && parcel.coin === '')) continue;
      if (parcel.fate === 'drop') continue;
      const bytes = Buffer.from(parcel.text);
      this.#socket?.emit('message', bytes);
      if (parcel.coin !== '' && this.#random.next() < this.#faults.duplicated) {
        this.counts.duplicated++;
        this.#socket?.emit('message', bytes);
      }
      told(parcel.trades);
    }
  }

  #settle(parcel: Parcel): void {
    const { table } = this;
    for (const one of parcel.trades) {
      table.move(table.key(one.buyer, one.coin), one.sz);
      table.move(table.key(one.seller, one.coin), -one.sz);
    }
    for (const one of parcel.unprinted) {
      const key = table.key(one.user, one.coin);
      table.move(key, one.lots);
      table.struck(key, one.time);
    }
    if (parcel.isLate) this.#late(parcel, -1);
    if (parcel.fate === 'drop') this.#forget(parcel);
  }

  #late(parcel: Pick<Parcel, 'trades'>, more: 1 | -1): void {
    for (const one of parcel.trades) {
      this.table.late(this.table.key(one.buyer, one.coin), more);
      this.table.late(this.table.key(one.seller, one.coin), more);
    }
  }

  #forget(parcel: Parcel): void {
    for (const one of parcel.trades) {
      this.table.struck(this.table.key(one.buyer, one.coin), one.time);
      this.table.struck(this.table.key(one.seller, one.coin), one.time);
      this.silent(one);
    }
  }

  #onBlock(events: BlockEvents): void {
    this.counts.liquidations += events.liquidations.length;
    const unprinted = unprintedOf(events);
    if (unprinted.length > 0) {
      this.counts.unprinted += unprinted.length;
      this.#put({ text: '', coin: '', trades: [], fate: 'deliver', isLate: false, unprinted });
    }
    for (const [coin, trades] of events.trades) this.#frame(coin, trades);
  }

  #frame(coin: CoinRef, trades: readonly TradeRecord[]): void {
    this.counts.frames++;
    this.counts.trades += trades.length;
    const faults = this.#faults;
    const draw = this.#random.next();
    const data: unknown[] = trades.map(viewTrade);
    const base = { coin: coin.symbol, trades, unprinted: [] };
    let fate: Parcel['fate'] = 'deliver';
    let isLate = false;
    if (draw < faults.dropped) {
      fate = 'drop';
      this.counts.dropped++;
    } else if (draw < faults.dropped + faults.late) {
      isLate = true;
      this.counts.late++;
    } else if (draw < faults.dropped + faults.late + faults.malformed) {
      fate = 'malformed';
      this.counts.malformed++;
      data[0] = { ...(data[0] as object), px: 'NaN' };
    }
    const text = this.#subscribed.has(coin.symbol) ? JSON.stringify({ channel: 'trades', data }) : '';
    if (text === '') this.counts.lostInCuts++;
    this.#put({ ...base, text, fate: text === '' ? 'deliver' : fate, isLate: isLate && text !== '' });
  }

  #put(parcel: Omit<Parcel, 'at'>): void {
    const now = this.#clock.now();
    const at = Math.max(this.#lastAt, now + 20 + Math.floor(this.#random.next() * 300));
    if (!parcel.isLate) {
      this.#lastAt = at;
      this.#queue.push({ ...parcel, at });
      return;
    }
    const late = { ...parcel, at: at + Math.floor(this.#random.next() * 3_000) };
    this.#late(late, 1);
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1] as Parcel).at > late.at) place--;
    this.#queue.splice(place, 0, late);
  }

  #control(text: string): void {
    this.#put({ text, coin: '', trades: [], fate: 'deliver', isLate: false, unprinted: [] });
  }

  #heard(socket: VirtualSocket, text: string): void {
    if (this.#socket !== socket || this.#dead === 'mute') return;
    const message = JSON.parse(text) as { method: string; subscription?: { coin: string } };
    if (message.method === 'ping') {
      this.#control('{"channel":"pong"}');
      return;
    }
    const symbol = message.subscription?.coin ?? '';
    if (message.method === 'subscribe') this.#subscribed.add(symbol);
    else this.#subscribed.delete(symbol);
    const subscription = { type: 'trades', coin: symbol };
    this.#control(
      JSON.stringify({ channel: 'subscriptionResponse', data: { method: message.method, subscription } }),
    );
    const data = this.#venue.query.recentTrades(symbol, REPLAYED);
    if (message.method === 'subscribe' && data.length > 0)
      this.#control(JSON.stringify({ channel: 'trades', data }));
  }

  /** Frames under way are lost with the socket. Only one that came out of its order can be lost without a sign. */
  #ended(socket: VirtualSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#subscribed.clear();
    this.#dead = 'no';
    for (const parcel of this.#queue.splice(0)) {
      if (parcel.text !== '' && parcel.coin !== '') this.counts.lostInCuts++;
      this.#settle(parcel);
      if (parcel.isLate) this.#forget(parcel);
    }
  }
}

/** Fills of which no public trade tells: backstop, auto-deleveraging. */
function unprintedOf(events: BlockEvents): Move[] {
  const printed = new Set<number>();
  for (const trades of events.trades.values()) for (const one of trades) printed.add(one.tid);
  return events.fills
    .filter((fill) => !printed.has(fill.tid))
    .map((fill) => ({
      user: fill.user,
      coin: fill.coin,
      lots: fill.side === 'B' ? fill.sz : -fill.sz,
      time: fill.time,
    }));
}
