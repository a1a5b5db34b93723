/** What the chain does by itself at fixed times. Each task runs in the first block at or after its time. */

import { sampleAccount } from './equity.ts';
import { payFunding } from './funding.ts';
import { cancelAll } from './order_book_keeping.ts';
import { pruneAgents } from './permissions.ts';
import { samplePremiums } from './prices.ts';
import type { FeeTier } from './rules.ts';
import type { State, VolumeDay } from './state.ts';
import { nextTwapAt, runTwaps } from './twap.ts';

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

export interface Periodic {
  nextAt: number;
  readonly everyMs: number;
  readonly run: (s: State) => void;
}

export function newPeriodics(s: State): Periodic[] {
  const at = (everyMs: number, run: (s: State) => void): Periodic => ({
    nextAt: (Math.floor(s.time / everyMs) + 1) * everyMs,
    everyMs,
    run,
  });
  return [
    at(s.rules.funding.sampleMs, samplePremiums),
    at(s.rules.funding.periodMs, payFunding),
    at(QUARTER_MS, quarter),
    at(s.rules.agents.pruneMs, pruneAgents),
    at(DAY_MS, rollFees),
  ];
}

export function runPeriodics(s: State, periodics: readonly Periodic[]): void {
  for (const task of periodics) {
    if (task.nextAt > s.time) continue;
    task.run(s);
    task.nextAt = (Math.floor(s.time / task.everyMs) + 1) * task.everyMs;
  }
  runTwaps(s);
  runScheduledCancels(s);
}

export function nextPeriodicAt(s: State, periodics: readonly Periodic[]): number {
  let next = nextTwapAt(s);
  for (const task of periodics) next = Math.min(next, task.nextAt);
  for (const account of s.scheduled) next = Math.min(next, account.scheduledCancel ?? next);
  return next;
}

function runScheduledCancels(s: State): void {
  for (const account of [...s.scheduled]) {
    if (account.scheduledCancel === null || account.scheduledCancel > s.time) continue;
    cancelAll(s, account, 'scheduledCancel', () => true);
    account.scheduledCancel = null;
    s.scheduled.delete(account);
    const day = Math.floor(s.time / DAY_MS);
    const triggers = account.scheduleTriggers;
    triggers.count = triggers.day === day ? triggers.count + 1 : 1;
    triggers.day = day;
  }
}

function quarter(s: State): void {
  for (const market of s.markets) if (!market.delisted) market.day.note(s.time, market.mark);
  for (const account of s.accountList) sampleAccount(s, account);
}

/** Volume of the 14 full days before today, micro-USD. */
function volumeOf14Days(
  days: readonly VolumeDay[],
  time: number,
): { readonly taker: number; readonly maker: number } {
  const today = Math.floor(time / DAY_MS);
  let taker = 0;
  let maker = 0;
  for (const day of days) {
    if (day.day >= today || day.day < today - 14) continue;
    taker += day.taker;
    maker += day.maker;
  }
  return { taker, maker };
}

/** Sets each account's rates for the day from its own and the exchange's last 14 days. Sub-accounts share their master's tier. */
function rollFees(s: State): void {
  const exchange = volumeOf14Days(s.exchangeVolume, s.time).taker;
  for (const account of s.accountList) {
    if (account.master !== null) continue;
    let taker = 0;
    let maker = 0;
    for (const member of [account, ...account.subAccounts]) {
      const volume = volumeOf14Days(member.volumeDays, s.time);
      taker += volume.taker;
      maker += volume.maker;
    }
    const rates = ratesFor(s, taker + maker, exchange === 0 ? 0 : Math.floor((maker / exchange) * 10_000));
    const discount =
      account.referrer !== null &&
      account.referrer.account !== account &&
      account.cumulativeVolume < s.rules.fees.referralVolume
        ? s.rules.fees.referralDiscountE2
        : 0;
    for (const member of [account, ...account.subAccounts]) {
      member.takerE9 = Math.trunc((rates.takerE9 * (100 - discount)) / 100);
      member.makerE9 =
        rates.makerE9 > 0 ? Math.trunc((rates.makerE9 * (100 - discount)) / 100) : rates.makerE9;
    }
  }
}

function ratesFor(
  s: State,
  volume: number,
  makerShareE4: number,
): { readonly takerE9: number; readonly makerE9: number } {
  const { tiers, rebates } = s.rules.fees;
  let tier = tiers[0] as FeeTier;
  for (const candidate of tiers) if (volume > candidate.volume) tier = candidate;
  let makerE9 = tier.makerE9;
  for (const [share, rate] of rebates) if (makerShareE4 > share) makerE9 = rate;
  return { takerE9: tier.takerE9, makerE9 };
}
