/** What an account is worth, and the samples of it that the portfolio answer shows. */
import { perpEquity } from './margin.ts';
import { samplePortfolio } from './portfolio.ts';
import { type Account, isUnified, type State } from './state.ts';

/** Perp equity over all dexs and spot USDC, micro-USD. */
export function accountValue(account: Account): number {
  return perpEquity(account) + account.spotUsd;
}

/** Taken every 15 minutes and with every deposit, withdrawal or transfer. */
export function sampleAccount(s: State, account: Account): void {
  if (account.pots.length === 0 && account.spotUsd === 0) return;
  const perp = perpEquity(account);
  const value = perp + account.spotUsd;
  samplePortfolio(account.portfolio, {
    time: s.time,
    value,
    pnl: value - account.netFlow,
    perpValue: isUnified(account) ? 0 : perp,
    perpPnl: perp - account.netPerpFlow,
  });
}
