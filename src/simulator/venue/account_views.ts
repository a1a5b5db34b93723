/** Account answers (protocol reference 2.3). */
import type { Address } from '../../domain/address.ts';
import type * as wire from './answers.ts';
import { entryTicks, wireDecimal, wireUsd } from './arithmetic.ts';
import { accountValue } from './equity.ts';
import {
  availableOf,
  type CrossMargin,
  crossMargin,
  liquidationPrice,
  marginUsedOf,
  maxTradeSize,
  notionalOf,
  potEquity,
  tierOf,
  withdrawableOf,
} from './margin.ts';
import type { PortfolioPoint } from './portfolio.ts';
import {
  type Account,
  type Dex,
  isUnified,
  leverageOf,
  type Market,
  type Position,
  potOf,
  type State,
} from './state.ts';
import { shareValue } from './vaults.ts';
import { wirePx, wireSz } from './views.ts';

const DAY_MS = 86_400_000;
const ZERO = '0.0';
const EMPTY_SUMMARY = { accountValue: ZERO, totalNtlPos: ZERO, totalRawUsd: ZERO, totalMarginUsed: ZERO };

function leverageView(position: Position): wire.WirePosition['leverage'] {
  return position.isolated
    ? { type: 'isolated', value: position.leverage, rawUsd: wireUsd(position.isolatedUsd) }
    : { type: 'cross', value: position.leverage };
}

function positionView(account: Account, p: Position): wire.WirePosition {
  const { market } = p;
  const value = notionalOf(p);
  const size = Math.abs(p.szi);
  const pnl = p.szi * market.mark - p.cost;
  const entryMargin = Math.abs(p.cost) / p.leverage;
  const liquidation = liquidationPrice(p);
  return {
    coin: market.symbol,
    szi: wireSz(market, p.szi),
    leverage: leverageView(p),
    entryPx: wireDecimal(entryTicks(p.cost, size), market.priceDecimals),
    positionValue: wireUsd(value),
    unrealizedPnl: wireUsd(pnl),
    returnOnEquity: wireDecimal(entryMargin === 0 ? 0 : Math.trunc((pnl / entryMargin) * 1e10), 10),
    liquidationPx: liquidation === null ? null : wireDecimal(liquidation, market.priceDecimals + 4),
    marginUsed: wireUsd(marginUsedOf(p)),
    maxLeverage: tierOf(market, 0).maxLeverage,
    cumFunding: {
      allTime: wireUsd(account.fundingAllTime.get(market.index) ?? 0),
      sinceOpen: wireUsd(p.fundingSinceOpen),
      sinceChange: wireUsd(p.fundingSinceChange),
    },
  };
}

/** In unified mode the summaries hold no balance: the cash is shown in spot, only the positions' part is here. */
function summaries(account: Account, dex: Dex): Omit<wire.WireClearinghouseState, 'assetPositions' | 'time'> {
  const pot = potOf(account, dex.index);
  const cross: CrossMargin = crossMargin(pot);
  const hidden = isUnified(account) ? cashOf(account) : 0;
  let isolatedMargin = 0;
  let isolatedNotional = 0;
  let isolatedRaw = 0;
  for (const p of pot.positions) {
    if (!p.isolated) continue;
    isolatedMargin += marginUsedOf(p);
    isolatedNotional += notionalOf(p);
    isolatedRaw += p.isolatedUsd;
  }
  const equity = potEquity(pot) - hidden;
  return {
    marginSummary: {
      accountValue: wireUsd(equity),
      totalNtlPos: wireUsd(cross.notional + isolatedNotional),
      totalRawUsd: wireUsd(pot.usd + isolatedRaw - hidden),
      totalMarginUsed: wireUsd(cross.initial + isolatedMargin),
    },
    crossMarginSummary: {
      accountValue: wireUsd(cross.equity - hidden),
      totalNtlPos: wireUsd(cross.notional),
      totalRawUsd: wireUsd(pot.usd - hidden),
      totalMarginUsed: wireUsd(cross.initial),
    },
    crossMaintenanceMarginUsed: wireUsd(cross.maintenance),
    withdrawable: isUnified(account) ? ZERO : wireUsd(withdrawableOf(pot)),
  };
}

/** A unified account's balance before unrealised PnL: raw USD plus the entry cost of its positions. */
function cashOf(account: Account): number {
  let cash = 0;
  for (const pot of account.pots) {
    cash += pot.usd;
    for (const p of pot.positions) cash += p.isolatedUsd + p.cost;
  }
  return cash;
}

export function clearinghouseView(
  s: State,
  account: Account | undefined,
  dex: Dex | undefined,
): wire.WireClearinghouseState {
  if (account === undefined || dex === undefined || account.pots.length === 0)
    return {
      marginSummary: { ...EMPTY_SUMMARY },
      crossMarginSummary: { ...EMPTY_SUMMARY },
      crossMaintenanceMarginUsed: ZERO,
      withdrawable: ZERO,
      assetPositions: [],
      time: s.time,
    };
  const positions = [...account.positions.values()]
    .filter((p) => p.market.dexIndex === dex.index)
    .sort((a, b) => a.market.index - b.market.index);
  return {
    ...summaries(account, dex),
    assetPositions: positions.map((p) => ({ type: 'oneWay', position: positionView(account, p) })),
    time: s.time,
  };
}

export function spotStateView(account: Account | undefined): wire.WireSpotState {
  if (account === undefined) return { balances: [] };
  const unified = isUnified(account);
  const total = unified ? cashOf(account) : account.spotUsd;
  if (total === 0) return { balances: [] };
  let hold = 0;
  if (unified) for (const pot of account.pots) for (const p of pot.positions) hold += marginUsedOf(p);
  return {
    balances: [{ coin: 'USDC', token: 0, total: wireUsd(total), hold: wireUsd(hold), entryNtl: ZERO }],
  };
}

export function activeAssetView(
  s: State,
  user: Address,
  account: Account | undefined,
  market: Market,
): wire.WireActiveAssetData {
  const position = account?.positions.get(market.index);
  const set = account ? leverageOf(s, account, market) : { leverage: s.rules.defaultLeverage, isCross: true };
  const leverage: wire.WireActiveAssetData['leverage'] = set.isCross
    ? { type: 'cross', value: set.leverage }
    : { type: 'isolated', value: set.leverage, rawUsd: wireUsd(position?.isolatedUsd ?? 0) };
  const sizes: [number, number] = account
    ? [maxTradeSize(s, account, market, true), maxTradeSize(s, account, market, false)]
    : [0, 0];
  const free = account ? Math.max(0, availableOf(potOf(account, market.dexIndex))) : 0;
  const opposite = (isBuy: boolean): number =>
    position && position.szi > 0 !== isBuy ? free + 2 * marginUsedOf(position) : free;
  return {
    user,
    coin: market.symbol,
    leverage,
    maxTradeSzs: [wireSz(market, sizes[0]), wireSz(market, sizes[1])],
    availableToTrade: [wireUsd(opposite(true)), wireUsd(opposite(false))],
    markPx: wirePx(market, market.mark),
  };
}

interface WindowSpec {
  readonly name: 'day' | 'week' | 'month' | 'allTime';
  readonly perpName: string;
  readonly days: number;
}
const WINDOWS: readonly WindowSpec[] = [
  { name: 'day', perpName: 'perpDay', days: 1 },
  { name: 'week', perpName: 'perpWeek', days: 7 },
  { name: 'month', perpName: 'perpMonth', days: 30 },
  { name: 'allTime', perpName: 'perpAllTime', days: Number.POSITIVE_INFINITY },
];

function volumeSince(s: State, account: Account, days: number): number {
  if (days === Number.POSITIVE_INFINITY) return account.cumulativeVolume;
  const first = Math.floor(s.time / DAY_MS) - Math.ceil(days) + 1;
  let volume = 0;
  for (const day of account.volumeDays) if (day.day >= first) volume += day.taker + day.maker;
  return volume;
}

function windowView(
  points: readonly PortfolioPoint[],
  perp: boolean,
  volume: number,
): wire.WirePortfolioWindow {
  const value = (p: PortfolioPoint) => (perp ? p.perpValue : p.value);
  const pnl = (p: PortfolioPoint) => (perp ? p.perpPnl : p.pnl);
  const first = points[0];
  const base = first ? pnl(first) : 0;
  return {
    accountValueHistory: points.map((p) => [p.time, wireUsd(value(p))]),
    pnlHistory: points.map((p) => [p.time, wireUsd(pnl(p) - base)]),
    vlm: wireUsd(volume),
  };
}

/** Eight windows; each ends with the present state. */
export function portfolioView(s: State, account: Account | undefined): wire.WirePortfolio {
  const views: wire.WirePortfolio = [];
  for (const perp of [false, true])
    for (const window of WINDOWS) {
      const name = perp ? window.perpName : window.name;
      if (account === undefined) {
        views.push([name, { accountValueHistory: [], pnlHistory: [], vlm: ZERO }]);
        continue;
      }
      const from = window.days === Number.POSITIVE_INFINITY ? 0 : s.time - window.days * DAY_MS;
      const points = account.portfolio[window.name].points.filter((p) => p.time >= from);
      const now = pointNow(s, account);
      if (points[points.length - 1]?.time !== now.time) points.push(now);
      views.push([name, windowView(points, perp, volumeSince(s, account, window.days))]);
    }
  return views;
}

function pointNow(s: State, account: Account): PortfolioPoint {
  const value = accountValue(account);
  const perp = value - account.spotUsd;
  return {
    time: s.time,
    value,
    pnl: value - account.netFlow,
    perpValue: isUnified(account) ? 0 : perp,
    perpPnl: perp - account.netPerpFlow,
  };
}

export function vaultView(s: State, account: Account, user: Address | null): wire.WireVaultDetails | null {
  const { vault } = account;
  if (vault === null) return null;
  const followers = [...vault.shares.values()].map((share): wire.WireVaultFollower => {
    const equity = shareValue(vault, account, share);
    return {
      user: share.user === vault.leader.address ? 'Leader' : share.user,
      vaultEquity: wireUsd(equity),
      pnl: wireUsd(equity - share.basis),
      allTimePnl: wireUsd(equity - share.basis + share.allTimePnl),
      daysFollowing: Math.floor((s.time - share.entryTime) / DAY_MS),
      vaultEntryTime: share.entryTime,
      lockupUntil: share.lockedUntil,
    };
  });
  const own = [...vault.shares.keys()].indexOf(user ?? ('' as Address));
  const leaderShare = vault.shares.get(vault.leader.address)?.shares ?? 0n;
  const withdrawable = withdrawableOf(potOf(account, 0)) / 1e6;
  return {
    name: vault.name,
    vaultAddress: account.address,
    leader: vault.leader.address,
    description: vault.description,
    portfolio: portfolioView(s, account),
    apr: 0,
    followerState: followers[own] ?? null,
    leaderFraction: vault.totalShares === 0n ? 0 : Number(leaderShare) / Number(vault.totalShares),
    leaderCommission: s.rules.vault.commissionE2 / 100,
    followers,
    maxDistributable: withdrawable,
    maxWithdrawable: withdrawable,
    isClosed: vault.isClosed,
    relationship: { type: 'normal' },
    allowDeposits: vault.allowDeposits,
    alwaysCloseOnWithdraw: vault.alwaysCloseOnWithdraw,
  };
}

export function subAccountViews(s: State, account: Account | undefined): wire.WireSubAccount[] | null {
  if (account === undefined || account.subAccounts.length === 0) return null;
  return account.subAccounts.map((sub) => ({
    name: sub.name,
    subAccountUser: sub.address,
    master: account.address,
    clearinghouseState: clearinghouseView(s, sub, s.dexes[0]),
    spotState: spotStateView(sub),
  }));
}

export function subAccount2Views(s: State, account: Account | undefined): wire.WireSubAccount2[] | null {
  if (account === undefined || account.subAccounts.length === 0) return null;
  return account.subAccounts.map((sub) => ({
    name: sub.name,
    subAccountUser: sub.address,
    master: account.address,
    dexToClearinghouseState: s.dexes.map((dex) => [dex.name, clearinghouseView(s, sub, dex)]),
    spotState: spotStateView(sub),
    abstraction: sub.abstraction,
  }));
}
