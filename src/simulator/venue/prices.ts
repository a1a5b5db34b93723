/** Oracle, mark and the premium samples (protocol reference 4.9). */
import type { Ticks } from '../../domain/money.ts';
import { median3, roundFigures } from './arithmetic.ts';
import { isMajor } from './rules.ts';
import type { Market, State } from './state.ts';

/** The EMA keeps 16 binary digits of a tick. */
const EMA_ONE = 65_536;

export interface OracleInput {
  readonly market: Market;
  readonly oracle: Ticks;
  /** Mid on other venues. */
  readonly external: Ticks;
}

/** Feeds one coin's prices and moves its mark. @returns the mark's relative move in 1e-9. */
export function updateMark(s: State, input: OracleInput): number {
  const { market } = input;
  if (market.delisted) return 0;
  market.oracle = roundFigures(input.oracle, 5) as Ticks;
  market.external = roundFigures(input.external, 5) as Ticks;
  const mid = market.book.mid;
  if (mid !== null) {
    const elapsed = s.time - market.emaAt;
    const difference = (mid - market.oracle) * EMA_ONE;
    market.ema += Math.trunc(((difference - market.ema) * elapsed) / (s.rules.markEmaMs + elapsed));
  }
  market.emaAt = s.time;
  const fromOracle = market.oracle + Math.round(market.ema / EMA_ONE);
  const bid = market.book.bids.best?.px ?? market.last;
  const ask = market.book.asks.best?.px ?? market.last;
  const fromBook = median3(bid, ask, market.last);
  const mark = Math.max(1, roundFigures(median3(fromOracle, fromBook, market.external), 5));
  market.previousMark = market.mark;
  market.mark = mark as Ticks;
  return Math.ceil((Math.abs(mark - market.previousMark) * 1e9) / Math.max(1, market.previousMark));
}

export function impactPrices(s: State, market: Market): readonly [Ticks, Ticks] | null {
  const usd = isMajor(market.symbol) ? s.rules.funding.impactUsdMajor : s.rules.funding.impactUsd;
  const bid = market.book.impactPx(false, usd);
  const ask = market.book.impactPx(true, usd);
  return bid === null || ask === null ? null : [bid, ask];
}

/** Premium of the impact prices over the oracle, 1e-10; builder dexs use the impact mid. */
function premiumNow(s: State, market: Market): number | null {
  const impact = impactPrices(s, market);
  if (impact === null) return null;
  const [bid, ask] = impact;
  const over =
    market.dexIndex > 0
      ? (bid + ask) / 2 - market.oracle
      : Math.max(bid - market.oracle, 0) - Math.max(market.oracle - ask, 0);
  return Math.round((over * 1e10) / market.oracle);
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Hourly rate from an average premium, both 1e-10. */
export function hourlyRate(s: State, premiumE10: number): number {
  const { interestE10, clampE10, capE10 } = s.rules.funding;
  const eightHours = premiumE10 + clamp(interestE10 - premiumE10, -clampE10, clampE10);
  const rate = clamp(Math.trunc(eightHours / 8), -capE10, capE10);
  return rate === 0 ? 0 : rate;
}

/** Takes one premium sample of every live coin. */
export function samplePremiums(s: State): void {
  for (const market of s.markets) {
    if (market.delisted) continue;
    const premium = premiumNow(s, market);
    market.premiumE10 = premium;
    market.premiumSum += premium ?? 0;
    market.premiumSamples += 1;
    market.fundingRateE10 = hourlyRate(s, Math.trunc(market.premiumSum / market.premiumSamples));
  }
}
