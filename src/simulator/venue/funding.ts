/** The hourly funding payment: zero-sum over the longs and shorts of a coin, the rounding goes to the residue. */
import type { MicroUsd } from '../../domain/money.ts';
import { hourlyRate } from './prices.ts';
import type { FundingRecord } from './records.ts';
import type { Market, Position, State } from './state.ts';

const HISTORY_KEPT = 24 * 400;
const ROWS_KEPT = 5_000;

/** size * oracle * rate toward zero, micro-USD; positive = the account receives. */
function paymentOf(position: Position, rateE10: number): number {
  const amount = (BigInt(position.szi) * BigInt(position.market.oracle) * BigInt(rateE10)) / 10_000_000_000n;
  return amount === 0n ? 0 : Number(-amount);
}

function payPosition(s: State, position: Position, rateE10: number): number {
  const payment = paymentOf(position, rateE10);
  const { account } = position.pot;
  if (position.isolated) position.isolatedUsd = (position.isolatedUsd + payment) as MicroUsd;
  else position.pot.usd = (position.pot.usd + payment) as MicroUsd;
  position.pot.examineAt = -1;
  position.fundingSinceOpen -= payment;
  position.fundingSinceChange -= payment;
  const index = position.market.index;
  account.fundingAllTime.set(index, (account.fundingAllTime.get(index) ?? 0) - payment);
  const record: FundingRecord = {
    user: account.address,
    coin: position.market,
    time: s.time,
    usdc: payment as MicroUsd,
    szi: position.szi,
    rateE10,
  };
  s.events.funding.push(record);
  s.events.touched.add(account.address);
  account.funding.push(record);
  if (account.funding.length > 2 * ROWS_KEPT) account.funding.splice(0, account.funding.length - ROWS_KEPT);
  return payment;
}

function closeHour(s: State, market: Market): number {
  const premium = market.premiumSamples === 0 ? 0 : Math.trunc(market.premiumSum / market.premiumSamples);
  const rate = hourlyRate(s, premium);
  market.premiumSum = 0;
  market.premiumSamples = 0;
  market.fundingRateE10 = rate;
  market.fundingHistory.push({ time: s.time, rateE10: rate, premiumE10: premium === 0 ? 0 : premium });
  if (market.fundingHistory.length > HISTORY_KEPT) market.fundingHistory.shift();
  return rate;
}

/** Settles the hour for every coin and position. */
export function payFunding(s: State): void {
  const rates = s.markets.map((market) => (market.delisted ? 0 : closeHour(s, market)));
  for (const account of s.accountList)
    for (const position of account.positions.values()) {
      const rate = rates[position.market.index] ?? 0;
      if (rate !== 0) s.residue -= BigInt(payPosition(s, position, rate));
    }
}
