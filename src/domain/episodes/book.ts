/**
 * Positions of one trader as episodes, fed fill by fill in execution order, O(1) each.
 *
 * Entry is the size-weighted average, which is what the venue does: an increase moves it, a decrease does not.
 * It is kept as an exact ratio (cost of a size), so partial closes never accumulate rounding and the PnL of all
 * parts is the cash flow to the micro-USD. The venue's `closedPnl` is reckoned from the same average cut down to
 * a whole tick (found on recorded fills: every one agrees exactly), so it can differ from the cash by up to one
 * tick times the closed size; `venueGross` follows that rule. Accounting uses side, size and startPosition only;
 * the venue's `dir` text is for display.
 */
import { DomainError } from '../errors.ts';
import type { Lots, MicroUsd, Ticks } from '../money.ts';
import { mulDivRound } from './division.ts';
import { type Episode, newEpisode } from './episode.ts';
import type { Fill } from './fill.ts';

/** The position of one coin. `basisCost / basisSize` is the average entry; basisSize 0 means unknown. */
interface CoinPosition {
  size: number;
  basisCost: number;
  basisSize: number;
  /** For a carried-in entry read off the venue's PnL: the size it was read from (larger is more precise). */
  inferredFrom: number;
  episode: Episode | null;
  lastTime: number;
  /** Identity of the last order, and of the one that opened the episode (a TWAP counts as one order). */
  lastOrder: number;
  openingOrder: number;
  lastPrice: number;
}

/** What one fill did. The object is reused by the next call: read it at once. */
export interface FillEffect {
  /** Gross PnL of the closed part; null when the entry is unknown. */
  gross: MicroUsd | null;
  /** The same by the venue's rule (average entry cut down to a tick): what `closedPnl` says. */
  venueGross: MicroUsd | null;
  closedSize: Lots;
  openedSize: Lots;
  /** True when startPosition did not follow from the fills before. */
  gap: boolean;
  /** Episodes that ended here, complete or at fault; at most two. */
  readonly ended: Episode[];
}

/** Tolerance of the cross-check against the venue's closedPnl: one cent or 1e-6 of notional, in micro-USD. */
const MISMATCH_FLOOR = 10_000;
const MISMATCH_SHARE = 1e-6;

/** Size and marked value of one open position, for exposure. */
export interface OpenPosition {
  readonly coin: number;
  readonly size: Lots;
  readonly price: Ticks;
  readonly episode: Episode;
  /** micro-USD at the last price seen; null when the entry is unknown. */
  readonly unrealised: number | null;
}

/** Plain data: survives JSON. */
export interface BookSnapshot {
  readonly gaps: number;
  readonly carried: number;
  readonly mismatches: number;
  readonly positions: readonly (readonly [number, CoinPosition])[];
}

export class EpisodeBook {
  readonly #positions = new Map<number, CoinPosition>();
  readonly #effect: FillEffect = {
    gross: null,
    venueGross: null,
    closedSize: 0 as Lots,
    openedSize: 0 as Lots,
    gap: false,
    ended: [],
  };
  /** Breaks of the chain after the first fill of a coin. */
  gaps = 0;
  /** Coins whose first fill showed a position from before the history. */
  carried = 0;
  /** Fills whose gross PnL disagreed with the venue's. */
  mismatches = 0;

  /** The whole state as plain data, for a later `restore`. */
  snapshot(): BookSnapshot {
    const { gaps, carried, mismatches } = this;
    return { gaps, carried, mismatches, positions: structuredClone([...this.#positions]) };
  }

  /** Continues from a snapshot as if nothing had happened between. */
  static restore(snapshot: BookSnapshot): EpisodeBook {
    const book = new EpisodeBook();
    book.gaps = snapshot.gaps;
    book.carried = snapshot.carried;
    book.mismatches = snapshot.mismatches;
    for (const [coin, position] of snapshot.positions) book.#positions.set(coin, structuredClone(position));
    return book;
  }

  /** Signed size now, as far as fills tell. */
  size(coin: number): Lots {
    return (this.#positions.get(coin)?.size ?? 0) as Lots;
  }

  /** The open episode of a coin, or null. */
  open(coin: number): Episode | null {
    return this.#positions.get(coin)?.episode ?? null;
  }

  /**
   * Applies the next fill in execution order.
   * @throws DomainError `FILL_ZERO_SIZE` on a size of zero, `FILL_BACK_IN_TIME` when older than the coin's last.
   */
  apply(fill: Fill): FillEffect {
    if (fill.size === 0) throw new DomainError('FILL_ZERO_SIZE', `fill ${fill.tradeId} has size zero`);
    const effect = this.#effect;
    effect.gross = 0 as MicroUsd;
    effect.venueGross = 0 as MicroUsd;
    effect.gap = false;
    effect.ended.length = 0;
    const position = this.#positionFor(fill);
    this.#elapse(position, fill.time);
    const magnitude = Math.abs(fill.size);
    const opposite = position.size !== 0 && position.size > 0 !== fill.size > 0;
    const closing = opposite ? Math.min(Math.abs(position.size), magnitude) : 0;
    const opening = magnitude - closing;
    const closeFee = closing === 0 ? 0 : mulDivRound(fill.fee, closing, magnitude);
    if (closing > 0) this.#close(position, fill, closing, closeFee);
    if (opening > 0) this.#open(position, fill, opening, fill.fee - closeFee);
    position.lastOrder = orderKey(fill);
    effect.closedSize = closing as Lots;
    effect.openedSize = opening as Lots;
    return effect;
  }

  /** Adds a funding payment to the episode open now in that coin; false when there is none. */
  funding(coin: number, amount: MicroUsd): boolean {
    const episode = this.#positions.get(coin)?.episode;
    if (!episode) return false;
    episode.funding = (episode.funding + amount) as MicroUsd;
    return true;
  }

  /** Takes what an account lost beside its trades (margin that a liquidator kept) off the gross PnL of the open episode. */
  forfeit(coin: number, amount: MicroUsd): void {
    const episode = this.#positions.get(coin)?.episode;
    if (episode) episode.gross = (episode.gross - amount) as MicroUsd;
  }

  /** Notes a mark price, for the worst and best unrealised PnL and for exposure. */
  mark(coin: number, price: Ticks): void {
    const position = this.#positions.get(coin);
    if (!position) return;
    position.lastPrice = price;
    this.#excursion(position, price);
  }

  /** Open positions at their last price. */
  *openPositions(): Generator<OpenPosition> {
    for (const [coin, position] of this.#positions) {
      if (position.episode === null) continue;
      yield {
        coin,
        size: position.size as Lots,
        price: position.lastPrice as Ticks,
        episode: position.episode,
        unrealised: unrealised(position, position.lastPrice),
      };
    }
  }

  #positionFor(fill: Fill): CoinPosition {
    let position = this.#positions.get(fill.coin);
    if (position === undefined) {
      position = {
        size: 0,
        basisCost: 0,
        basisSize: 0,
        inferredFrom: 0,
        episode: null,
        lastTime: fill.time,
        lastOrder: -1,
        openingOrder: -1,
        lastPrice: fill.price,
      };
      this.#positions.set(fill.coin, position);
      if (fill.startPosition !== 0) {
        this.carried++;
        this.#carryIn(position, fill);
      }
    } else if (position.size !== fill.startPosition) {
      this.gaps++;
      this.#effect.gap = true;
      if (position.episode) this.#end(position, fill.time, 'gap');
      this.#carryIn(position, fill);
    }
    return position;
  }

  /** Takes over a position whose opening was not seen. */
  #carryIn(position: CoinPosition, fill: Fill): void {
    position.size = fill.startPosition;
    position.basisCost = 0;
    position.basisSize = 0;
    position.inferredFrom = 0;
    position.lastTime = fill.time;
    position.lastPrice = fill.price;
    position.episode = null;
    if (fill.startPosition === 0) return;
    const episode = newEpisode(fill.coin, fill.startPosition > 0 ? 1 : -1, fill.time, 'carried');
    episode.maxSize = Math.abs(fill.startPosition) as Lots;
    position.episode = episode;
  }

  #elapse(position: CoinPosition, time: number): void {
    if (time < position.lastTime)
      throw new DomainError('FILL_BACK_IN_TIME', 'fills must come in time order: sort them with orderFills');
    if (position.episode && position.basisSize > 0) {
      const cost = (position.basisCost / position.basisSize) * Math.abs(position.size);
      position.episode.costTime += cost * (time - position.lastTime);
    }
    position.lastTime = time;
  }

  #close(position: CoinPosition, fill: Fill, closing: number, fee: number): void {
    const episode = position.episode;
    if (!episode) throw new DomainError('EPISODE_MISSING', 'a position without an episode cannot be closed');
    const direction = position.size > 0 ? 1 : -1;
    const gross = this.#grossOf(position, episode, fill, closing, direction);
    const value = closing * fill.price;
    episode.fills++;
    if (orderKey(fill) !== position.lastOrder) episode.orders++;
    episode.exitNotional += value;
    if (fill.maker) episode.makerExitNotional += value;
    if (fill.twapId !== null) episode.twapNotional += value;
    episode.fees = (episode.fees + fee) as MicroUsd;
    if (fill.cause === 'liquidation') episode.liquidated = true;
    else if (fill.cause === 'adl') episode.adl = true;
    else if (fill.cause === 'settlement') episode.settled = true;
    this.#effect.gross = gross as MicroUsd | null;
    if (gross !== null) episode.gross = (episode.gross + gross) as MicroUsd;
    this.#excursion(position, fill.price);
    position.size -= direction * closing;
    position.lastPrice = fill.price;
    if (position.size === 0) this.#end(position, fill.time, null);
    else episode.partialCloses++;
  }

  /** Gross PnL of closing `closing` lots, checked against the venue's, or read from it when ours is unknown. */
  #grossOf(
    position: CoinPosition,
    episode: Episode,
    fill: Fill,
    closing: number,
    direction: 1 | -1,
  ): number | null {
    const before = Math.abs(position.size);
    const { basisCost, basisSize } = position;
    const venue = fill.closedPnl;
    if (episode.fault === 'carried') {
      this.#effect.venueGross = venue;
      if (venue === null) return null;
      if (closing > position.inferredFrom) {
        // gross = direction x (price x closed - cost of closed), so the venue's PnL tells the cost.
        position.basisCost = fill.price * closing - direction * venue;
        position.basisSize = closing;
        position.inferredFrom = closing;
      }
      return venue;
    }
    // Difference of two roundings of the whole cost, so that the parts always add up to it.
    const released =
      mulDivRound(basisCost, before, basisSize) - mulDivRound(basisCost, before - closing, basisSize);
    const gross = direction * (fill.price * closing - released);
    const venueGross = direction * (fill.price - Math.floor(basisCost / basisSize)) * closing;
    this.#effect.venueGross = (venueGross === 0 ? 0 : venueGross) as MicroUsd;
    if (venue !== null && Math.abs(venueGross - venue) > mismatchTolerance(fill.price * closing)) {
      this.mismatches++;
      episode.fault = 'mismatch';
    }
    return gross === 0 ? 0 : gross;
  }

  #open(position: CoinPosition, fill: Fill, opening: number, fee: number): void {
    const direction = fill.size > 0 ? 1 : -1;
    const value = opening * fill.price;
    let episode = position.episode;
    if (episode === null) {
      episode = newEpisode(fill.coin, direction, fill.time, null);
      position.episode = episode;
      position.basisCost = value;
      position.basisSize = opening;
      position.inferredFrom = 0;
      position.openingOrder = orderKey(fill);
      episode.orders = 1;
    } else {
      this.#add(position, episode, fill, opening, value);
    }
    position.size += direction * opening;
    position.lastPrice = fill.price;
    episode.fills++;
    episode.entryNotional += value;
    if (fill.maker) episode.makerEntryNotional += value;
    if (fill.twapId !== null) episode.twapNotional += value;
    episode.fees = (episode.fees + fee) as MicroUsd;
    const size = Math.abs(position.size);
    if (size > episode.maxSize) episode.maxSize = size as Lots;
  }

  #add(position: CoinPosition, episode: Episode, fill: Fill, opening: number, value: number): void {
    const before = Math.abs(position.size);
    const order = orderKey(fill);
    const newOrder = order !== position.lastOrder;
    if (newOrder) episode.orders++;
    const { basisCost, basisSize } = position;
    if (basisSize === 0) return;
    if (order !== position.openingOrder) {
      const underWater = episode.direction * (fill.price - basisCost / basisSize) < 0;
      episode.addNotional += value;
      if (newOrder) episode.adds++;
      if (underWater) {
        episode.loserAddNotional += value;
        if (newOrder) episode.loserAdds++;
      }
    }
    this.#excursion(position, fill.price);
    position.basisCost = mulDivRound(basisCost, before, basisSize) + value;
    position.basisSize = before + opening;
  }

  #excursion(position: CoinPosition, price: number): void {
    const episode = position.episode;
    if (!episode) return;
    const open = unrealised(position, price);
    if (open === null) return;
    if (open < episode.worst) episode.worst = open;
    else if (open > episode.best) episode.best = open;
  }

  #end(position: CoinPosition, time: number, fault: 'gap' | null): void {
    const episode = position.episode;
    if (!episode) return;
    episode.closeTime = time;
    if (fault !== null && episode.fault === null) episode.fault = fault;
    this.#effect.ended.push(episode);
    position.episode = null;
    position.basisCost = 0;
    position.basisSize = 0;
    position.inferredFrom = 0;
  }
}

/** One order of the trader: all slices of a TWAP are one. */
const orderKey = (fill: Fill): number => (fill.twapId === null ? fill.orderId : -2 - fill.twapId);

const mismatchTolerance = (value: number): number => Math.max(MISMATCH_FLOOR, MISMATCH_SHARE * value);

/** Unrealised PnL at a price, micro-USD; null when the entry is unknown. */
function unrealised(position: CoinPosition, price: number): number | null {
  if (position.basisSize === 0) return null;
  const magnitude = Math.abs(position.size);
  const value = magnitude * price - (position.basisCost / position.basisSize) * magnitude;
  return position.size >= 0 ? value : -value;
}
