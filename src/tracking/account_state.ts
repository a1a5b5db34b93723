/**
 * What the venue says of one account on one dex, taken into our terms. Pure. A position that cannot be taken in is
 * kept as the venue wrote it and said to be unread: it never becomes a wrong number and never disappears.
 */
import { isUnified } from '../domain/account_mode.ts';
import { FIRST_DEX } from '../domain/coin.ts';
import { DomainError } from '../domain/errors.ts';
import type { CoinTable, ListedCoin } from '../domain/listed_coin.ts';
import { parseLots } from '../domain/money.ts';
import type { VenueAccountState, VenuePosition } from '../hyperliquid/info/clearinghouse_state.ts';
import type { TrackedPosition, TrackedSnapshot, UnreadPosition } from '../store/tracking_results.ts';

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

export function readAccountState(
  state: VenueAccountState,
  asked: AskedState,
  coins: CoinTable,
): TrackedSnapshot {
  const positions: TrackedPosition[] = [];
  const unread: UnreadPosition[] = [];
  const seen = new Set<number>();
  for (const position of state.positions) {
    const coin = coins.bySymbol(position.symbol);
    const why = reasonNotToRead(position, coin, asked.dex, seen);
    if (why !== undefined) {
      const { symbol, size, entryPrice } = position;
      unread.push({ symbol: printable(symbol), size, entryPrice, why });
    } else if (coin !== undefined && Number(position.size) !== 0) {
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

/** Whether the state names a coin that the table does not have. */
export const namesUnknownCoin = (state: VenueAccountState, coins: CoinTable): boolean =>
  state.positions.some(({ symbol }) => coins.bySymbol(symbol) === undefined);

function reasonNotToRead(
  position: VenuePosition,
  coin: ListedCoin | undefined,
  dex: string,
  seen: ReadonlySet<number>,
): UnreadPosition['why'] | undefined {
  if (coin === undefined) return 'unknown_coin';
  if (coin.dex !== dex) return 'other_dex';
  if (seen.has(coin.id)) return 'twice';
  try {
    parseLots(position.size, coin.sizeDecimals);
    return undefined;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.code === 'TOO_PRECISE' ? 'too_precise' : 'too_large';
  }
}

const MOST_LEVERAGE = 1_000_000;

const readPosition = (position: VenuePosition, coin: ListedCoin): TrackedPosition => ({
  coinId: coin.id,
  size: position.size,
  entryPrice: position.entryPrice ?? impliedEntry(position),
  leverage: Math.round(Math.min(Math.max(position.leverage, 0), MOST_LEVERAGE)),
  isolated: position.isolated,
  unrealisedUsd: position.unrealisedUsd,
  liquidationPrice: position.liquidationPrice,
});

/** What the position must have cost, given its value and its PnL; the venue leaves the entry price out at times. */
function impliedEntry(position: VenuePosition): string {
  const size = Math.abs(Number(position.size));
  const sign = position.size.startsWith('-') ? -1 : 1;
  const entry = (Math.abs(Number(position.valueUsd)) - sign * Number(position.unrealisedUsd)) / size;
  return Number.isFinite(entry) && entry > 0 && entry < 1e15 ? entry.toFixed(8) : '0';
}

function valuesOf(state: VenueAccountState, asked: AskedState) {
  const { accountValueUsd, notionalUsd, marginUsedUsd, withdrawableUsd, rawUsd } = state;
  const values = { accountValueUsd, notionalUsd, marginUsedUsd, withdrawableUsd, rawUsd };
  if (!isUnified(asked.mode) || asked.spotUsd === undefined) return values;
  // The balance is one for all dexs: it stands on the first dex's row, so that the rows of an account add up.
  const balance = asked.dex === FIRST_DEX ? asked.spotUsd : '0';
  const pnl = state.positions.map((position) => position.unrealisedUsd);
  return { ...values, accountValueUsd: sumDecimals([balance, ...pnl]), rawUsd: balance };
}

/** Exact sum of plain decimals. */
function sumDecimals(texts: readonly string[]): string {
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
