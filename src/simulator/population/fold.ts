/**
 * One account's money and positions as the sum of its past: the venue's own rules over compact integers. The same
 * fold writes a history, reads it back for the wire and says what the account holds when the world begins.
 */
import { applyRateE9, ceilDiv, entryTicks, mulDiv } from '../venue/arithmetic.ts';
import { DEPLOYER_FEE_SCALE_E2 } from '../venue/coin_table.ts';
import { builderDexRate, deployerShare } from '../venue/positions.ts';
import { type FillColumns, MAKER } from './fill_columns.ts';
import type { CoinHistory, MarketHistory } from './market_history.ts';

export interface Holding {
  readonly coin: CoinHistory;
  /** Signed lots. */
  szi: number;
  /** Signed entry notional, micro-USD. */
  cost: number;
  readonly leverage: number;
  readonly isolated: boolean;
  /** Raw USD of an isolated position. */
  isolatedUsd: number;
  /** Paid, micro-USD (positive = paid by the user). */
  fundingSinceOpen: number;
  fundingSinceChange: number;
}

/** What an account pays and how it holds positions; the same over its whole past. */
export interface Terms {
  readonly takerE9: number;
  readonly makerE9: number;
  /** 0 without a builder. */
  readonly builderTenthsBp: number;
  readonly leverage: number;
  /** Of positions that must be isolated. */
  readonly isolatedLeverage: number;
  readonly isolated: boolean;
  /** One collateral for every dex. */
  readonly unified: boolean;
}

/** A funding payment as it is made. */
export type OnFunding = (holding: Holding, hour: number, usd: number) => void;

/** Equity at a sample time. */
export type OnSample = (sample: number, value: number) => void;

const noFunding: OnFunding = () => {};
const noSample: OnSample = () => {};

/** szi * oracle * rate / 1e10 toward zero, negated, without leaving 2^53. Positive = the account receives. */
function fundingPayment(szi: number, oracle: number, rateE10: number): number {
  const notional = Math.abs(szi) * oracle;
  const rate = Math.abs(rateE10);
  const high = Math.floor(notional / 1e7);
  const low = notional - high * 1e7;
  const top = high * rate;
  const amount = Math.floor(top / 1000) + Math.floor(((top % 1000) * 1e7 + low * rate) / 1e10);
  return amount === 0 ? 0 : szi > 0 === rateE10 > 0 ? -amount : amount;
}

export class Fold {
  readonly market: MarketHistory;
  readonly terms: Terms;
  /** Cross collateral, micro-USD. */
  usd = 0;
  /** The same on the builder dex, of an account that is not unified. */
  dexUsd = 0;
  readonly holdings: Holding[] = [];
  /** Of the last fill. */
  start = 0;
  closedPnl = 0;
  fee = 0;
  builderFee = 0;
  /** Sums, micro-USD. */
  fees = 0;
  builderFees = 0;
  deployerFees = 0;
  fundingReceived = 0;
  netFlow = 0;
  volume = 0;
  readonly fundingPaidByCoin = new Map<number, number>();
  onFunding: OnFunding = noFunding;
  onSample: OnSample = noSample;
  #hour: number;
  #sample = 0;
  readonly #samples: readonly number[];

  /** @param samples ascending ms at which the equity is told */
  constructor(market: MarketHistory, terms: Terms, from: number, samples: readonly number[] = []) {
    this.market = market;
    this.terms = terms;
    this.#hour = Math.max(0, Math.floor((from - market.firstHour) / 3_600_000) + 1);
    this.#samples = samples;
    while ((samples[this.#sample] ?? Number.POSITIVE_INFINITY) < from) this.#sample++;
  }

  held(coin: CoinHistory): Holding | undefined {
    for (const holding of this.holdings) if (holding.coin === coin) return holding;
    return undefined;
  }

  /** Account value with every position at the mark of `time`. */
  equityAt(time: number): number {
    let value = this.usd + this.dexUsd;
    for (const { coin, szi, isolatedUsd } of this.holdings)
      value += isolatedUsd + szi * this.market.markAt(coin, time);
    return value;
  }

  /** Pays every hour and takes every sample up to and including `time`. */
  advance(time: number): void {
    const { market } = this;
    for (;;) {
      const sampleAt = this.#samples[this.#sample] ?? Number.POSITIVE_INFINITY;
      if (this.holdings.length === 0) {
        if (sampleAt > time) break;
        this.onSample(this.#sample, this.usd + this.dexUsd);
        this.#sample++;
        continue;
      }
      const hourAt = this.#hour < market.hours ? market.hourTime(this.#hour) : Number.POSITIVE_INFINITY;
      if (Math.min(sampleAt, hourAt) > time) return;
      if (hourAt <= sampleAt) this.#payHour();
      else {
        this.onSample(this.#sample, this.equityAt(sampleAt));
        this.#sample++;
      }
    }
    // Nothing held, nothing due: the hours pass.
    this.#hour = Math.max(this.#hour, Math.floor((time - market.firstHour) / 3_600_000) + 1);
  }

  #payHour(): void {
    const hour = this.#hour++;
    const time = this.market.hourTime(hour);
    for (const holding of this.holdings) {
      const rate = holding.coin.ratesE10[hour] as number;
      if (rate === 0) continue;
      const usd = fundingPayment(holding.szi, this.market.markAt(holding.coin, time), rate);
      if (holding.isolated) holding.isolatedUsd += usd;
      else this.#credit(holding.coin, usd);
      holding.fundingSinceOpen -= usd;
      holding.fundingSinceChange -= usd;
      this.fundingReceived += usd;
      const { index } = holding.coin;
      this.fundingPaidByCoin.set(index, (this.fundingPaidByCoin.get(index) ?? 0) - usd);
      this.onFunding(holding, hour, usd);
    }
  }

  /** Money from outside (positive) or to outside. */
  flow(usd: number): void {
    this.usd += usd;
    this.netFlow += usd;
  }

  /** From the first dex to the builder dex (positive) or back. */
  moveToDex(usd: number): void {
    this.usd -= usd;
    this.dexUsd += usd;
  }

  #credit(coin: CoinHistory, usd: number): void {
    if (coin.dex === 0 || this.terms.unified) this.usd += usd;
    else this.dexUsd += usd;
  }

  /** One fill of `signed` lots at `px` ticks; call `advance` before. Leaves start, closedPnl and fee behind. */
  fill(coin: CoinHistory, px: number, signed: number, maker: boolean): void {
    const holding = this.held(coin) ?? this.#open(coin);
    const start = holding.szi;
    this.start = start;
    this.closedPnl = 0;
    let rest = signed;
    if (start !== 0 && start > 0 !== signed > 0) {
      const size = Math.min(Math.abs(start), Math.abs(signed));
      this.closedPnl = this.#close(holding, size, px);
      rest = signed > 0 ? signed - size : signed + size;
      if (holding.szi === 0) holding.fundingSinceOpen = 0;
    }
    if (rest !== 0) this.#add(holding, rest, px);
    holding.fundingSinceChange = 0;
    if (holding.szi === 0) this.holdings.splice(this.holdings.indexOf(holding), 1);
    this.#charge(coin, Math.abs(signed) * px, maker);
  }

  #open(coin: CoinHistory): Holding {
    const { terms } = this;
    const isolated = terms.isolated || coin.seed.marginMode !== null;
    const holding: Holding = {
      coin,
      szi: 0,
      cost: 0,
      leverage: Math.min(isolated ? terms.isolatedLeverage : terms.leverage, coin.seed.maxLeverage),
      isolated,
      isolatedUsd: 0,
      fundingSinceOpen: 0,
      fundingSinceChange: 0,
    };
    this.holdings.push(holding);
    return holding;
  }

  #close(holding: Holding, size: number, px: number): number {
    const held = Math.abs(holding.szi);
    const sign = holding.szi > 0 ? 1 : -1;
    const entry = entryTicks(holding.cost, held);
    const costClosed = holding.cost - mulDiv(holding.cost, held - size, held);
    const proceeds = sign * size * px;
    if (holding.isolated) {
      const margin = holding.isolatedUsd + holding.cost;
      holding.isolatedUsd += proceeds;
      const marginLeft = size === held ? 0 : margin - mulDiv(margin, size, held);
      const target = -(holding.cost - costClosed) + marginLeft;
      const released = size === held ? holding.isolatedUsd : Math.max(0, holding.isolatedUsd - target);
      holding.isolatedUsd -= released;
      this.#credit(holding.coin, released);
    } else this.#credit(holding.coin, proceeds);
    holding.cost -= costClosed;
    holding.szi -= sign * size;
    const pnl = sign * (px - entry) * size;
    return pnl === 0 ? 0 : pnl;
  }

  #add(holding: Holding, signed: number, px: number): void {
    const notional = signed * px;
    if (holding.isolated) {
      const margin = ceilDiv(Math.abs(notional), holding.leverage);
      this.#credit(holding.coin, -margin);
      holding.isolatedUsd += margin - notional;
    } else this.#credit(holding.coin, -notional);
    holding.cost += notional;
    holding.szi += signed;
  }

  #charge(coin: CoinHistory, notional: number, maker: boolean): void {
    const { terms } = this;
    this.builderFee = terms.builderTenthsBp === 0 ? 0 : applyRateE9(notional, terms.builderTenthsBp * 10_000);
    let rate = maker ? terms.makerE9 : terms.takerE9;
    if (coin.dex > 0) rate = builderDexRate(rate, DEPLOYER_FEE_SCALE_E2, coin.seed.growthMode);
    const base = applyRateE9(notional, rate);
    if (coin.dex > 0) this.deployerFees += deployerShare(base, DEPLOYER_FEE_SCALE_E2);
    this.fee = base + this.builderFee;
    this.#credit(coin, -this.fee);
    this.fees += this.fee;
    this.builderFees += this.builderFee;
    this.volume += notional;
  }
}

/** Applies one row to a fold from the side of account `index`. */
export function answer(fold: Fold, index: number, rows: FillColumns, row: number): void {
  const coin = fold.market.byIndex[rows.coin[row] as number] as CoinHistory;
  const own = rows.owner[row] === index;
  const maker = ((rows.flags[row] as number) & MAKER) !== 0;
  const size = rows.size[row] as number;
  fold.advance(rows.time[row] as number);
  fold.fill(coin, rows.px[row] as number, own ? size : -size, own === maker);
}
