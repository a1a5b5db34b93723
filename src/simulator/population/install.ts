/**
 * Puts a past into a venue that has not produced its first block: accounts, money and positions as the fold left
 * them, markets as their last day left them, and the answers about everything older behind ports.
 */
import type { Address } from '../../domain/address.ts';
import type { Lots, MicroUsd, Ticks } from '../../domain/money.ts';
import { transactionHash, wireUsd } from '../venue/arithmetic.ts';
import { BUILDER_DEX } from '../venue/coin_table.ts';
import type { LedgerDelta } from '../venue/records.ts';
import { type Account, type Market, newAccount, type Position, potOf, type State } from '../venue/state.ts';
import { accountFor } from '../venue/transfers.ts';
import { MAKER } from './fill_columns.ts';
import { dexFlow, type Flow } from './life.ts';
import { DAY_MS, HOUR_MS } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';
import { PastCandles, rowsByCoin } from './past_candles.ts';
import { FIRST_OID, PastRecords } from './past_records.ts';
import { WINDOWS } from './portfolio_grid.ts';
import { vaultDeposits } from './sponsors.ts';

const LEDGER_TRANSACTION = 2 ** 41;
/** As many as an answer of `recentTrades` holds. */
const TRADES_SHOWN = 200;
const VOLUME_DAYS = 31;

/** @param builders accounts that get the builder fees of the past, in turn */
export function installPast(s: State, past: Past, builders: readonly Address[]): PastRecords {
  const records = new PastRecords(past, s);
  const accounts: Account[] = [];
  for (const each of past.accounts) accounts.push(openAccount(s, each, accounts));
  past.accounts.forEach((each, index) => {
    const account = accounts[index] as Account;
    settle(s, each, account);
    account.past = records.historyOf(each);
    ledger(s, each, account, accounts);
    portfolio(past, each, account);
    payBuilder(s, each, account, builders);
  });
  for (const each of past.accounts) if (each.member.vault) shareVault(s, past, each, accounts);
  markets(s, past, records);
  volumes(s, past, accounts);
  s.nextOid = Math.max(s.nextOid, FIRST_OID + 2 * past.rows.length + 2);
  s.nextTwapId = Math.max(s.nextTwapId, past.rows.length + 2);
  return records;
}

function openAccount(s: State, { member }: AccountPast, accounts: readonly Account[]): Account {
  const master = member.master === null ? undefined : accounts[member.master];
  if (member.vault && master !== undefined) {
    const name = VAULT_NAMES[member.index % VAULT_NAMES.length] as string;
    const account = newAccount(s, member.address, 'vault', { name });
    account.vault = {
      name,
      description: 'Positions are the leader’s own view. Past results say little about the next.',
      leader: master,
      shares: new Map(),
      totalShares: 0n,
      allowDeposits: true,
      alwaysCloseOnWithdraw: false,
      isClosed: false,
    };
    return account;
  }
  if (master === undefined) {
    const account = s.accounts.get(member.address) ?? newAccount(s, member.address, 'user');
    if (member.terms.unified) account.abstraction = 'unifiedAccount';
    return account;
  }
  const name = `sub ${master.subAccounts.length + 1}`;
  const account = newAccount(s, member.address, 'subAccount', { master, name });
  master.subAccounts.push(account);
  return account;
}

const VAULT_NAMES = [
  'Slow Tide',
  'Basis & Beyond',
  'North Ridge',
  'Gamma Garden',
  'Long Shadows',
  'Second Derivative',
  'Quiet Carry',
  'Weekend Drift',
  'Mean Street',
  'Open Water',
];

/** Money and positions; what the venue took and what came in go to its books. */
function settle(s: State, each: AccountPast, account: Account): void {
  const { fold, member, opening } = each;
  const pot = potOf(account, 0);
  pot.usd = (pot.usd + fold.usd) as MicroUsd;
  if (s.dexes.length > 1 && member.reach !== 'first' && !member.terms.unified) {
    const there = potOf(account, 1);
    there.usd = (there.usd + fold.dexUsd) as MicroUsd;
  }
  account.netFlow += fold.netFlow;
  account.netPerpFlow += fold.netFlow;
  account.cumulativeVolume += fold.volume;
  account.takerE9 = member.terms.takerE9;
  account.makerE9 = member.terms.makerE9;
  for (const [coin, paid] of fold.fundingPaidByCoin) account.fundingAllTime.set(coin, paid);
  for (const holding of fold.holdings) {
    const market = s.markets[holding.coin.index] as Market;
    const own = potOf(account, market.dexIndex);
    const position: Position = {
      market,
      pot: own,
      szi: holding.szi as Lots,
      cost: holding.cost as MicroUsd,
      leverage: holding.leverage,
      isolated: holding.isolated,
      isolatedUsd: holding.isolatedUsd as MicroUsd,
      fundingSinceOpen: holding.fundingSinceOpen,
      fundingSinceChange: holding.fundingSinceChange,
      liquidationCooldownUntil: 0,
    };
    account.positions.set(market.index, position);
    account.leverage.set(market.index, { leverage: holding.leverage, isCross: !holding.isolated });
    own.positions.push(position);
    market.openInterest += Math.max(0, holding.szi);
  }
  s.fees += BigInt(fold.fees - fold.builderFees - fold.deployerFees);
  const deployer = s.dexes[1]?.deployer;
  if (deployer) potOf(deployer, 0).usd = (potOf(deployer, 0).usd + fold.deployerFees) as MicroUsd;
  s.residue -= BigInt(fold.fundingReceived);
  // Whoever is older than its first fill brought its opening in before.
  const openedBefore =
    opening.time !== member.start || !each.flows.some((flow) => flow.time === member.start);
  if (openedBefore) {
    bring(s, opening.usd);
    moveBetween(s, member.dexEquity);
  }
  for (const flow of each.flows) if (flow.time >= opening.time) book(s, flow);
}

function bring(s: State, usd: number): void {
  s.deposits += BigInt(usd);
  const dex = s.dexes[0];
  if (dex) dex.netDeposit += usd;
}

/** Net deposits of the dexs when money goes from the first to the builder's (positive) or back. */
function moveBetween(s: State, usd: number): void {
  const [first, builder] = s.dexes;
  if (first === undefined || builder === undefined) return;
  first.netDeposit -= usd;
  builder.netDeposit += usd;
}

/** The venue's side of a flow; transfers between accounts cancel each other. */
function book(s: State, flow: Flow): void {
  if (flow.kind === 'deposit') bring(s, flow.usd);
  else if (flow.kind === 'withdraw') {
    const fee = s.rules.withdrawFee;
    s.withdrawals += BigInt(flow.usd - fee);
    s.fees += BigInt(fee);
    const dex = s.dexes[0];
    if (dex) dex.netDeposit -= flow.usd;
  } else if (flow.kind === 'toDex' || flow.kind === 'fromDex') moveBetween(s, dexFlow(flow));
  else if ('fee' in flow) s.fees += BigInt(flow.fee);
}

function deltaOf(s: State, flow: Flow, own: Address, accounts: readonly Account[]): LedgerDelta | null {
  const usdc = wireUsd(flow.usd);
  const other = 'other' in flow ? (accounts[flow.other] as Account).address : own;
  switch (flow.kind) {
    case 'deposit':
      return { type: 'deposit', usdc };
    case 'withdraw': {
      const fee = s.rules.withdrawFee;
      return { type: 'withdraw', usdc: wireUsd(flow.usd - fee), nonce: flow.time, fee: wireUsd(fee) };
    }
    case 'subIn':
      return { type: 'subAccountTransfer', usdc, user: other, destination: own };
    case 'subOut':
      return { type: 'subAccountTransfer', usdc, user: own, destination: other };
    case 'vaultOut':
      return { type: 'vaultDeposit', vault: other, usdc };
    case 'vaultCreate':
      return { type: 'vaultCreate', vault: other, usdc, fee: wireUsd(flow.fee) };
    case 'vaultIn':
      return null;
    case 'toDex':
    case 'fromDex':
      return {
        type: 'send',
        user: own,
        destination: own,
        sourceDex: flow.kind === 'toDex' ? '' : BUILDER_DEX,
        destinationDex: flow.kind === 'toDex' ? BUILDER_DEX : '',
        token: 'USDC',
        amount: usdc,
        usdcValue: usdc,
        fee: '0.0',
        nativeTokenFee: '0.0',
        nonce: flow.time,
        feeToken: '',
      };
  }
}

function ledger(s: State, each: AccountPast, account: Account, accounts: readonly Account[]): void {
  each.flows.forEach((flow, k) => {
    const delta = deltaOf(s, flow, account.address, accounts);
    const hash = transactionHash(s.salt, LEDGER_TRANSACTION + each.member.index * 4096 + k);
    if (delta !== null && flow.usd !== 0)
      account.ledger.push({ user: account.address, time: flow.time, hash, delta });
  });
}

function portfolio({ grid }: Past, each: AccountPast, account: Account): void {
  const unified = each.member.terms.unified;
  grid.times.forEach((time, k) => {
    const value = each.values[k] as number;
    if (Number.isNaN(value)) return;
    const pnl = value - (each.netFlows[k] as number);
    const point = { time, value, pnl, perpValue: unified ? 0 : value, perpPnl: pnl };
    WINDOWS.forEach((window, bit) => {
      if (((grid.shown[k] as number) & (1 << bit)) !== 0) account.portfolio[window].points.push(point);
    });
  });
}

function payBuilder(s: State, each: AccountPast, account: Account, builders: readonly Address[]): void {
  const rate = each.member.terms.builderTenthsBp;
  const builder = builders[each.member.index % Math.max(1, builders.length)];
  if (rate === 0) return;
  if (builder === undefined) {
    s.fees += BigInt(each.fold.builderFees);
    return;
  }
  const pot = potOf(accountFor(s, builder), 0);
  pot.usd = (pot.usd + each.fold.builderFees) as MicroUsd;
  account.builders.set(builder, rate);
}

/** Everybody paid in before the first trade: a share is a micro-USD of that money. */
function shareVault(s: State, past: Past, { member }: AccountPast, accounts: readonly Account[]): void {
  const { vault } = accounts[member.index] as Account;
  if (vault === null) return;
  const cast = past.accounts.map((each) => each.member);
  for (const { user, usd } of vaultDeposits(past.options.seed, cast, member)) {
    const { address } = accounts[user] as Account;
    const leads = user === member.master;
    vault.shares.set(address, {
      user: address,
      shares: BigInt(usd),
      basis: usd,
      entryTime: member.start,
      lockedUntil: member.start + (leads ? 0 : s.rules.vault.lockupMs),
      allTimePnl: 0,
    });
    vault.totalShares += BigInt(usd);
  }
}

/** Trades, candles, the last day and the funding history of every coin. */
function markets(s: State, past: Past, records: PastRecords): void {
  const lists = rowsByCoin(past);
  const candles = new PastCandles(past, lists);
  const { market: history, rows } = past;
  for (const coin of history.coins) {
    const market = s.markets[coin.index] as Market;
    const list = lists[coin.index] as Uint32Array;
    market.candles.precede(candles.of(coin.index, coin.ticks[0] as Ticks));
    for (const row of list.slice(-TRADES_SHOWN)) market.trades.push(records.trade(row));
    market.last = market.trades.at(-1)?.px ?? market.last;
    for (let hour = 0; hour < history.hours; hour++)
      market.fundingHistory.push({
        time: history.hourTime(hour),
        rateE10: coin.ratesE10[hour] as number,
        premiumE10: coin.premiumsE10[hour] as number,
      });
    market.fundingRateE10 = coin.ratesE10[history.hours - 1] as number;
    lastDay(past, coin.index, market, list, rows);
  }
}

function lastDay(past: Past, index: number, market: Market, list: Uint32Array, rows: Past['rows']): void {
  const { market: history } = past;
  const coin = history.byIndex[index];
  let at = list.length;
  while (at > 0 && (rows.time[list[at - 1] as number] as number) > history.end - DAY_MS) at--;
  market.day.clear();
  for (let time = history.end - DAY_MS; time <= history.end; time += HOUR_MS / 4) {
    if (coin) market.day.note(time, history.markAt(coin, time) as Ticks);
    for (; at < list.length; at++) {
      const row = list[at] as number;
      if ((rows.time[row] as number) >= time + HOUR_MS / 4) break;
      market.day.add(
        rows.time[row] as number,
        rows.px[row] as Ticks,
        Math.abs(rows.size[row] as number) as Lots,
      );
    }
  }
}

/** Volume per day, for the fee tiers. */
function volumes(s: State, past: Past, accounts: readonly Account[]): void {
  const { rows, order, market } = past;
  const first = Math.floor(market.end / DAY_MS) - VOLUME_DAYS;
  let from = order.length;
  while (from > 0 && (rows.time[order[from - 1] as number] as number) >= first * DAY_MS) from--;
  for (const row of order.subarray(from)) {
    const day = Math.floor((rows.time[row] as number) / DAY_MS);
    const notional = Math.abs(rows.size[row] as number) * (rows.px[row] as number);
    const ownerMakes = ((rows.flags[row] as number) & MAKER) !== 0;
    addVolume(accounts[rows.owner[row] as number] as Account, day, notional, !ownerMakes);
    addVolume(accounts[rows.counter[row] as number] as Account, day, notional, ownerMakes);
    addTo(s.exchangeVolume, day).taker += notional;
  }
}

function addVolume(account: Account, day: number, notional: number, taker: boolean): void {
  const entry = addTo(account.volumeDays, day);
  if (taker) entry.taker += notional;
  else entry.maker += notional;
}

function addTo(list: Account['volumeDays'], day: number): Account['volumeDays'][number] {
  const last = list[list.length - 1];
  if (last?.day === day) return last;
  const entry = { day, taker: 0, maker: 0 };
  list.push(entry);
  return entry;
}
