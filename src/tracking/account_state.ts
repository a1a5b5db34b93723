/**
 * What the venue says of one account on one dex, taken into our terms. Pure. A position that cannot be taken in is
 * kept as the venue wrote it and said to be unread: it never becomes a wrong number and never disappears.
 */
import { FIRST_DEX } from '../domain/coin.ts';
import { DomainError } from '../domain/errors.ts';
import type { CoinTable, ListedCoin } from '../domain/listed_coin.ts';
import { parseLots } from '../domain/money.ts';
import type { WireClearinghouseState } from '../hyperliquid/wire/account.ts';
import type { TrackedPosition, TrackedSnapshot, UnreadPosition } from '../store/tracking_results.ts';

/** A perpetual position as the venue writes it. */
type WirePosition = WireClearinghouseState['assetPositions'][number]['position'];

export interface AskedState {
  readonly traderId: number;
  readonly dex: string;
  readonly requestedAt: number;
  readonly receivedAt: number;
  readonly purpose: string;
  /** How the account holds its balances; null: not known. */
  readonly mode: string | null;
  /** USDC balance of the spot account; asked of unified accounts, whose equity is there. */
  readonly spotUsd?: string;
}

/** Modes whose equity is in the spot account: the per-dex summaries say nothing about them. */
export const isUnified = (mode: string | null): boolean =>
  mode === 'unifiedAccount' || mode === 'portfolioMargin';

/** @param state a checked answer of `clearinghouseState`. */
export function readAccountState(
  state: WireClearinghouseState,
  asked: AskedState,
  coins: CoinTable,
): TrackedSnapshot {
  const positions: TrackedPosition[] = [];
  const unread: UnreadPosition[] = [];
  const seen = new Set<number>();
  for (const { position } of state.assetPositions) {
    const coin = coins.bySymbol(position.coin);
    const why = reasonNotToRead(position, coin, asked.dex, seen);
    if (why !== undefined) {
      const { coin: symbol, szi: size, entryPx = null } = position;
      unread.push({ symbol: printable(symbol), size, entryPrice: entryPx, why });
    } else if (coin !== undefined && Number(position.szi) !== 0) {
      seen.add(coin.id);
      positions.push(readPosition(position, coin));
    }
  }
  return {
    traderId: asked.traderId,
    dex: asked.dex,
    stateTime: state.time,
    requestedAt: asked.requestedAt,
    receivedAt: asked.receivedAt,
    purpose: asked.purpose,
    mode: asked.mode,
    ...valuesOf(state, asked),
    positions,
    unread,
    // A coin that we do not know is in no book: all others can be compared without it.
    complete: unread.every((one) => one.why === 'unknown_coin'),
  };
}

/** The coins that the answer names and the table does not have. */
export const unknownCoins = (state: WireClearinghouseState, coins: CoinTable): string[] =>
  state.assetPositions
    .map(({ position }) => position.coin)
    .filter((symbol) => coins.bySymbol(symbol) === undefined);

function reasonNotToRead(
  position: WirePosition,
  coin: ListedCoin | undefined,
  dex: string,
  seen: ReadonlySet<number>,
): UnreadPosition['why'] | undefined {
  if (coin === undefined) return 'unknown_coin';
  if (coin.dex !== dex) return 'other_dex';
  if (seen.has(coin.id)) return 'twice';
  try {
    parseLots(position.szi, coin.sizeDecimals);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.code === 'TOO_PRECISE' ? 'too_precise' : 'too_large';
  }
}

function readPosition(position: WirePosition, coin: ListedCoin): TrackedPosition {
  return {
    coinId: coin.id,
    size: position.szi,
    entryPrice: position.entryPx ?? impliedEntry(position),
    leverage: Math.round(Math.min(Math.max(position.leverage.value, 0), 1_000_000)),
    isolated: position.leverage.type === 'isolated',
    unrealisedUsd: position.unrealizedPnl,
    liquidationPrice: position.liquidationPx ?? null,
  };
}

/** What the position must have cost, given its value and its PnL; the venue leaves the entry price out at times. */
function impliedEntry(position: WirePosition): string {
  const size = Math.abs(Number(position.szi));
  const sign = position.szi.startsWith('-') ? -1 : 1;
  const entry = (Math.abs(Number(position.positionValue)) - sign * Number(position.unrealizedPnl)) / size;
  return Number.isFinite(entry) && entry > 0 && entry < 1e15 ? entry.toFixed(8) : '0';
}

function valuesOf(state: WireClearinghouseState, asked: AskedState) {
  const { accountValue, totalNtlPos, totalRawUsd, totalMarginUsed } = state.marginSummary;
  const values = {
    accountValueUsd: accountValue,
    notionalUsd: totalNtlPos,
    marginUsedUsd: totalMarginUsed,
    withdrawableUsd: state.withdrawable,
    rawUsd: totalRawUsd,
  };
  if (!isUnified(asked.mode) || asked.spotUsd === undefined) return values;
  // The balance is one for all dexs: it stands on the first dex's row, so that the rows of an account add up.
  const balance = asked.dex === FIRST_DEX ? asked.spotUsd : '0';
  const pnl = state.assetPositions.map(({ position }) => position.unrealizedPnl);
  return { ...values, accountValueUsd: sumDecimals([balance, ...pnl]), rawUsd: balance };
}

/** Exact sum of plain decimals. */
export function sumDecimals(texts: readonly string[]): string {
  const decimals = Math.max(...texts.map((text) => (text.split('.')[1] ?? '').length), 0);
  let sum = 0n;
  for (const text of texts) {
    const [whole = '0', fraction = ''] = text.split('.');
    sum += BigInt(whole + fraction.padEnd(decimals, '0'));
  }
  const digits = (sum < 0n ? -sum : sum).toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  const magnitude = decimals === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return sum < 0n ? `-${magnitude}` : magnitude;
}

/** Names come from builder dexs: outside input that goes into JSON and onto screens. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
