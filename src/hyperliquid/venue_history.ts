/** A trader's past as the venue writes it, taken into our terms. Pure. What has no rule is counted, never guessed. */

import type { Fill, FillCause } from '../domain/episodes/fill.ts';
import { DomainError } from '../domain/errors.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { type LedgerEntry, perpetualsFlow } from '../domain/metrics/flows.ts';
import { lots, type MicroUsd, microUsd, parseLots, parseTicks } from '../domain/money.ts';
import type { WireLedgerUpdate, WireUserFill, WireUserFunding } from './wire/history.ts';

export interface FundingPayment {
  readonly time: number;
  readonly coin: number;
  /** Received positive. */
  readonly amount: MicroUsd;
}

export interface ExternalFlow {
  readonly time: number;
  /** Into the perpetuals account positive. */
  readonly amount: MicroUsd;
}

/** Rows that were taken in, and how many had no rule (an unknown coin, a new kind of transfer). */
export interface Taken<T> {
  readonly rows: T[];
  readonly unread: number;
}

/** USD text of any precision to whole micro-USD: the venue prints more digits in places than it books. */
export const usdOf = (text: string): MicroUsd => microUsd(Math.round(Number(text) * 1e6));

/** Spot pairs: "@107", "PURR/USDC"; outcome markets: "+12". They are no perpetuals and have no place here. */
const isPerpetual = (coin: string): boolean => !/^[@+#]|\//.test(coin);

export const fillKey = (fill: WireUserFill): string => `${fill.coin}:${fill.tid}:${fill.side}:${fill.sz}`;
export const fundingKey = (row: WireUserFunding): string => row.delta.coin;
export const ledgerKey = ({ hash, delta }: WireLedgerUpdate): string => `${hash}:${JSON.stringify(delta)}`;

/**
 * Whether each fill begins where the one before it ended, and the last ends at what is held: if not, some are missing.
 * @param fills in the order of execution.
 */
export function chainsTo(fills: readonly Fill[], positions: ReadonlyMap<number, number>): boolean {
  const ends = new Map<number, number>();
  for (const { coin, startPosition, size } of fills) {
    if ((ends.get(coin) ?? startPosition) !== startPosition) return false;
    ends.set(coin, startPosition + size);
  }
  return [...ends].every(([coin, end]) => end === (positions.get(coin) ?? 0));
}

/** Perpetual fills of `user` (lower case), in the venue's order. */
export function fillsOf(wire: readonly WireUserFill[], user: string, coins: CoinTable): Taken<Fill> {
  const rows: Fill[] = [];
  let unread = 0;
  for (const fill of wire) {
    if (!isPerpetual(fill.coin)) continue;
    const coin = coins.bySymbol(fill.coin);
    const taken = coin && takeFill(fill, user, coin.id, coin.sizeDecimals);
    if (taken) rows.push(taken);
    else unread++;
  }
  return { rows, unread };
}

function takeFill(fill: WireUserFill, user: string, coin: number, sizeDecimals: number): Fill | null {
  try {
    const magnitude = parseLots(fill.sz, sizeDecimals);
    if (magnitude <= 0) return null;
    return {
      time: fill.time,
      coin,
      tradeId: fill.tid,
      orderId: fill.oid,
      size: fill.side === 'B' ? magnitude : lots(-magnitude),
      price: parseTicks(fill.px, sizeDecimals),
      startPosition: parseLots(fill.startPosition, sizeDecimals),
      fee: usdOf(fill.fee),
      closedPnl: usdOf(fill.closedPnl),
      maker: !fill.crossed,
      twapId: fill.twapId ?? null,
      cause: causeOf(fill, user),
    };
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/** The mark of a liquidation is on the counterparty's fill too: it names who was liquidated. */
export function causeOf({ dir, liquidation }: WireUserFill, user: string): FillCause {
  if (liquidation?.liquidatedUser?.toLowerCase() === user || dir.startsWith('Liquidated ')) {
    return 'liquidation';
  }
  if (dir === 'Auto-Deleveraging') return 'adl';
  return dir === 'Settlement' ? 'settlement' : 'order';
}

export function fundingsOf(wire: readonly WireUserFunding[], coins: CoinTable): Taken<FundingPayment> {
  const rows: FundingPayment[] = [];
  let unread = 0;
  for (const { time, delta } of wire) {
    const coin = coins.bySymbol(delta.coin);
    if (coin === undefined) unread++;
    else rows.push({ time, coin: coin.id, amount: usdOf(delta.usdc) });
  }
  return { rows, unread };
}

/** Money from outside, of all perpetuals accounts of `user` (lower case) together. */
export const flowsOf = (wire: readonly WireLedgerUpdate[], user: string): Taken<ExternalFlow> =>
  takeFlows(wire, (update) => perpetualsFlow(entryOf(update, user)));

/**
 * The same of a unified account: its USDC is one balance for spot and all dexs, so what moves between these is no flow,
 * and what is paid for spot coins is. The quote of a spot pair is taken for USDC; where it is not, the account value
 * will not be explained.
 */
export function unifiedFlowsOf(
  wire: readonly WireLedgerUpdate[],
  fills: readonly WireUserFill[],
  user: string,
): Taken<ExternalFlow> {
  const { rows, unread } = takeFlows(wire, (update) => unifiedFlow(update, user));
  for (const fill of fills) {
    if (!isSpot(fill.coin)) continue;
    const paid = usdOf(String(Number(fill.px) * Number(fill.sz)));
    const fee = isUsdc(fill.feeToken) ? usdOf(fill.fee) : 0;
    rows.push({ time: fill.time, amount: microUsd((fill.side === 'B' ? -paid : paid) - fee) });
  }
  const outcomes = fills.filter(({ coin }) => !isPerpetual(coin) && !isSpot(coin)).length;
  return { rows: rows.sort((a, b) => a.time - b.time), unread: unread + outcomes };
}

const isSpot = (coin: string): boolean => /^@|\//.test(coin);
const isUsdc = (token: string | undefined): boolean => token === undefined || /^USDC(:|$)/.test(token);

function unifiedFlow(update: WireLedgerUpdate, user: string): number {
  const { delta } = update;
  switch (delta.type) {
    case 'accountClassTransfer':
      return 0;
    case 'rewardsClaim':
      return isUsdc(delta.token) ? perpetualsFlow(entryOf(update, user)) : 0;
    case 'spotTransfer':
    case 'send': {
      if (!isUsdc(delta.token)) return 0;
      const amount = usdOf(delta.amount ?? '0');
      const incoming = delta.destination?.toLowerCase() === user ? amount : 0;
      const outgoing = delta.user?.toLowerCase() === user ? amount + usdOf(delta.fee ?? '0') : 0;
      return incoming - outgoing;
    }
    default:
      return perpetualsFlow(entryOf(update, user));
  }
}

function takeFlows(
  wire: readonly WireLedgerUpdate[],
  flowOf: (update: WireLedgerUpdate) => number,
): Taken<ExternalFlow> {
  const rows: ExternalFlow[] = [];
  let unread = 0;
  for (const update of wire) {
    try {
      const amount = microUsd(flowOf(update));
      if (amount !== 0) rows.push({ time: update.time, amount });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      unread++;
    }
  }
  return { rows, unread };
}

/** Another wallet that a ledger names as close to its owner. */
export interface LedgerLink {
  /** 0x and 40 hex digits, lower case. */
  readonly address: string;
  readonly kind: 'subAccount' | 'vaultLeader' | 'transfer';
}

/** Wallets that `user` (lower case) moved money to or from by itself, as its sub-account, or as a vault's leader. */
export function linksOf(wire: readonly WireLedgerUpdate[], user: string): LedgerLink[] {
  const links = new Map<string, LedgerLink>();
  for (const { delta } of wire) {
    const kind = LINK_KINDS[delta.type];
    const named = kind === 'vaultLeader' ? [delta.vault] : [delta.user, delta.destination];
    for (const name of kind === undefined ? [] : named) {
      const address = name?.toLowerCase();
      if (address === undefined || address === user || !/^0x[0-9a-f]{40}$/.test(address)) continue;
      if (kind !== undefined) links.set(`${kind} ${address}`, { address, kind });
    }
  }
  return [...links.values()];
}

const LINK_KINDS: Readonly<Record<string, LedgerLink['kind']>> = {
  subAccountTransfer: 'subAccount',
  vaultCreate: 'vaultLeader',
  internalTransfer: 'transfer',
  send: 'transfer',
};

/** Of `send`: every dex is one of perpetuals but "spot". */
const isPerpetualsDex = (dex: string | undefined): boolean => dex !== undefined && dex !== 'spot';

/** The entry in full words. Kinds that are new pass through under their own name, and `perpetualsFlow` refuses them. */
function entryOf({ delta }: WireLedgerUpdate, user: string): LedgerEntry {
  const amount = usdOf(delta.usdc ?? delta.usdcValue ?? delta.amount ?? '0');
  const fee = usdOf(delta.fee ?? '0');
  const incoming = delta.destination?.toLowerCase() === user;
  const outgoing = delta.user === undefined || delta.user.toLowerCase() === user;
  switch (delta.type) {
    case 'accountClassTransfer':
      return { kind: delta.type, amount, toPerpetuals: delta.toPerp === true };
    case 'internalTransfer':
    case 'subAccountTransfer':
      return { kind: delta.type, amount, fee, incoming };
    case 'send':
      return {
        kind: delta.type,
        amount,
        fee,
        fromPerpetuals: outgoing && isPerpetualsDex(delta.sourceDex),
        toPerpetuals: incoming && isPerpetualsDex(delta.destinationDex),
      };
    case 'vaultWithdraw':
      return { kind: delta.type, netAmount: usdOf(delta.netWithdrawnUsd ?? '0') };
    case 'cStakingTransfer':
      return { kind: 'stakingTransfer' };
    default:
      return { kind: delta.type, amount, fee } as LedgerEntry;
  }
}

/** A position's signed size in lots, 0 for a coin that is not known. */
export function heldLots(
  position: { readonly coin: string; readonly szi: string },
  coins: CoinTable,
): number {
  const coin = coins.bySymbol(position.coin);
  return coin === undefined ? 0 : Math.round(Number(position.szi) * 10 ** coin.sizeDecimals);
}

/** +1 long, -1 short. */
export const sideOf = (position: { readonly szi: string }): number => Math.sign(Number(position.szi));
