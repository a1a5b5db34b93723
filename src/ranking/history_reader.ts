/** Reads all of a trader's past that the venue still tells, page by page, in the history lane of the budget. */
import { isUnified } from '../domain/account_mode.ts';
import type { Address } from '../domain/address.ts';
import { FIRST_DEX, parseCoin } from '../domain/coin.ts';
import { orderFills } from '../domain/episodes/chain.ts';
import type { Fill } from '../domain/episodes/fill.ts';
import { FILL_PAGE_ROWS, type PageCursor, startPaging, takePage } from '../domain/episodes/paging.ts';
import type { CoinTable } from '../domain/listed_coin.ts';
import { clearinghouseState } from '../hyperliquid/info/clearinghouse_state.ts';
import { portfolio } from '../hyperliquid/info/portfolio.ts';
import { type InfoRequest, perTwentyRows } from '../hyperliquid/info/request.ts';
import {
  holdsOthers,
  spotClearinghouseState,
  usdcOf,
  type WireSpotState,
} from '../hyperliquid/info/spot_clearinghouse_state.ts';
import { userFillsByTime } from '../hyperliquid/info/user_fills_by_time.ts';
import { FUNDING_PAGE_ROWS, userFunding } from '../hyperliquid/info/user_funding.ts';
import {
  LEDGER_PAGE_ROWS,
  userNonFundingLedgerUpdates,
} from '../hyperliquid/info/user_non_funding_ledger_updates.ts';
import { userTwapSliceFillsByTime } from '../hyperliquid/info/user_twap_slice_fills_by_time.ts';
import { type ForcedPast, type Takeover, takeoversOf } from '../hyperliquid/takeovers.ts';
import type { AskOptions, InfoClient } from '../hyperliquid/transport.ts';
import {
  chainsTo,
  type ExternalFlow,
  type FundingPayment,
  fillKey,
  fillsOf,
  flowsOf,
  fundingKey,
  fundingsOf,
  heldLots,
  type LedgerLink,
  ledgerKey,
  linksOf,
  sideOf,
  type Taken,
  unifiedFlowsOf,
} from '../hyperliquid/venue_history.ts';
import type { WireClearinghouseState } from '../hyperliquid/wire/account.ts';
import type { WireLedgerUpdate, WirePortfolio, WireUserFill } from '../hyperliquid/wire/history.ts';
import type { AccountState, EquityCheck } from './replay.ts';

/** From about this many fills on the venue may have forgotten older ones (it keeps the newest 10,000 at least). */
export const FORGETS_FROM = 9_900;

export interface VenuePast {
  readonly fills: Taken<Fill>;
  readonly fundings: Taken<FundingPayment>;
  readonly flows: Taken<ExternalFlow>;
  readonly takeovers: Taken<Takeover>;
  readonly links: readonly LedgerLink[];
  /** Milliseconds whose fills (or payments, or transfers) could not be read in full. */
  readonly holes: readonly number[];
  readonly state: AccountState;
  readonly checks: readonly EquityCheck[];
  /** Coins other than USDC carry its positions (portfolio margin): `state` does not count what they are worth. */
  readonly otherCollateral: boolean;
}

/** Where full pages are kept until the whole past is read. */
export interface PageKeeper {
  /** The rows that were read of a stream, and where it goes on. */
  load(stream: string): Promise<{ readonly rows: unknown[]; readonly cursor: PageCursor } | undefined>;
  keep(stream: string, rows: readonly unknown[], next: PageCursor): Promise<void>;
}

/** Fills that the venue has forgotten, from its public archive. */
export interface ForgottenFills {
  /** Of the trader, before `until` (ms) and without a gap up to it, oldest first; empty when there are none. */
  before(until: number, from: number): Promise<WireUserFill[]>;
}

export interface HistoryReaderOptions {
  readonly info: InfoClient;
  readonly coins: CoinTable;
  readonly signal: AbortSignal;
  readonly keeper: PageKeeper;
  readonly archive: ForgottenFills;
  /** How the account holds its balances, as the venue says. */
  readonly mode: () => Promise<string>;
}

/** Reading was given up after the first page. */
export class NotNow {
  /** ms of the oldest fill that the venue tells. */
  readonly oldest: number;
  constructor(oldest: number) {
    this.oldest = oldest;
  }
}

/**
 * Reads what happened after `from` (ms, exclusive) until now.
 * @param goesOn whether the rest is worth its weight, by the time (ms) of the oldest fill that is to be had; asked once,
 *   after the first page.
 * @throws VenueError; the signal's reason.
 */
export function readPast(options: HistoryReaderOptions, address: Address, from: number): Promise<VenuePast>;
export function readPast(
  options: HistoryReaderOptions,
  address: Address,
  from: number,
  goesOn: (oldest: number) => boolean,
): Promise<VenuePast | NotNow>;
export async function readPast(
  options: HistoryReaderOptions,
  address: Address,
  from: number,
  goesOn?: (oldest: number) => boolean,
): Promise<VenuePast | NotNow> {
  const { info, coins, signal, keeper, archive } = options;
  const ask: AskOptions = { lane: 'history', signal };
  const user = address.toLowerCase();
  // Balance and positions are of one account: nothing is asked between them.
  const mode = await options.mode();
  const spot = isUnified(mode) ? await info.ask(spotClearinghouseState(address), ask) : undefined;
  const first = await info.ask(clearinghouseState(address), ask);
  const to = first.time;
  const reader = new Pages(info, ask, keeper, from + 1);
  const paging = { keyOf: fillKey, pageRows: FILL_PAGE_ROWS };
  const fillsFrom = (start: number) => userFillsByTime(address, start, to);
  if (goesOn !== undefined) {
    const oldest = await reader.oldest('fills', fillsFrom);
    if (oldest !== undefined && !goesOn(oldest) && (await archive.before(oldest, from)).length === 0)
      return new NotNow(oldest);
  }
  const told = await reader.all('fills', fillsFrom, paging);
  const orders = await withForgotten(told, archive, from);
  // Where the venue has forgotten fills the record begins with the first one left: nothing before it is needed.
  const begin = orders.length < FORGETS_FROM ? from + 1 : (orders[0]?.time ?? from + 1);
  const fundings = await reader.all('funding', (start) => userFunding(address, start, to), {
    keyOf: fundingKey,
    pageRows: FUNDING_PAGE_ROWS,
    begin,
  });
  const updates = await reader.all('ledger', (start) => userNonFundingLedgerUpdates(address, start, to), {
    keyOf: ledgerKey,
    pageRows: LEDGER_PAGE_ROWS,
    begin,
  });
  const states = [first];
  for (const dex of buildersDexs(orders)) states.push(await info.ask(clearinghouseState(address, dex), ask));
  const state = stateOf(states, spot, to, coins);
  const executions = (executed: readonly WireUserFill[]) =>
    readExecutions(executed, {
      updates,
      user,
      coins,
      held: state.positions,
      oneAccount: spot === undefined && states.length === 1,
    });
  let read = executions(orders);
  // What breaks a chain is most often a TWAP: its slices are told apart, at a price, so only then are they asked for.
  if (!read.chained) {
    const slices = await reader.all('twap', (start) => twapSlices(address, start, to), {
      keyOf: fillKey,
      pageRows: FILL_PAGE_ROWS,
    });
    read = executions([...orders, ...slices]);
  }
  const { executed, fills, takeovers } = read;
  const seen = await info.ask(portfolio(address), ask);
  return {
    fills,
    fundings: fundingsOf(fundings, coins),
    flows: spot === undefined ? flowsOf(updates, user) : unifiedFlowsOf(updates, executed, user),
    takeovers,
    links: linksOf(updates, user),
    holes: reader.holes,
    state,
    checks: spot === undefined || isUsdcAlone(spot, updates, executed) ? checksOf(seen, spot) : [],
    otherCollateral: mode === 'portfolioMargin' && spot !== undefined && holdsOthers(spot),
  };
}

/** The venue's fills, and before them those that it may have forgotten; each once. */
async function withForgotten(
  told: readonly WireUserFill[],
  archive: ForgottenFills,
  from: number,
): Promise<WireUserFill[]> {
  const oldest = told[0];
  if (told.length < FORGETS_FROM || oldest === undefined) return [...told];
  const known = new Set(told.map(fillKey));
  const older = (await archive.before(oldest.time, from)).filter(
    (fill) => fill.time > from && fill.time <= oldest.time && !known.has(fillKey(fill)),
  );
  return [...older, ...told];
}

/** Fills in our terms, what of the ledger belongs to them, and whether both lead to what is held. */
function readExecutions(
  executed: readonly WireUserFill[],
  rest: Pick<ForcedPast, 'updates' | 'user' | 'coins' | 'held' | 'oneAccount'>,
) {
  const fills = fillsOf(executed, rest.user, rest.coins);
  const ordered = orderFills(fills.rows).fills;
  const takeovers = takeoversOf({ ...rest, wire: executed, fills: ordered });
  const unfilled = takeovers.rows.flatMap((one) => one.unfilled);
  const all = unfilled.length === 0 ? ordered : orderFills([...ordered, ...unfilled]).fills;
  return { executed, fills, takeovers, chained: chainsTo(all, rest.held) };
}

/** Slices as the fills that they are. */
function twapSlices(address: Address, startTime: number, endTime: number): InfoRequest<WireUserFill[]> {
  const { schema, surcharge: _, ...request } = userTwapSliceFillsByTime(address, startTime, endTime);
  return {
    ...request,
    schema: schema.transform((rows) => rows.map(({ fill, twapId }) => ({ ...fill, twapId }))),
    ...perTwentyRows(FILL_PAGE_ROWS),
  };
}

interface PagedRows<Row> {
  readonly keyOf: (row: Row) => string;
  readonly pageRows: number;
  /** ms; default: where the read begins. */
  readonly begin?: number;
}

class Pages {
  readonly #info: InfoClient;
  readonly #ask: AskOptions;
  readonly #keeper: PageKeeper;
  readonly #start: number;
  /** First pages that were looked at already. */
  readonly #seen = new Map<string, readonly unknown[]>();
  readonly holes: number[] = [];

  constructor(info: InfoClient, ask: AskOptions, keeper: PageKeeper, start: number) {
    this.#info = info;
    this.#ask = ask;
    this.#keeper = keeper;
    this.#start = start;
  }

  /** ms of the first row that is told, before the rest is asked for; undefined: none, or the read goes on elsewhere. */
  async oldest<Row extends { readonly time: number }>(
    stream: string,
    request: (startTime: number) => InfoRequest<Row[]>,
  ): Promise<number | undefined> {
    if ((await this.#keeper.load(stream)) !== undefined) return undefined;
    const page = await this.#info.ask(request(this.#start), this.#ask);
    this.#seen.set(stream, page);
    return page[0]?.time;
  }

  /** All rows of a stream; a full page is kept, so that whoever is cut off asks for the rest only. */
  async all<Row extends { readonly time: number }>(
    stream: string,
    request: (startTime: number) => InfoRequest<Row[]>,
    { keyOf, pageRows, begin = this.#start }: PagedRows<Row>,
  ): Promise<Row[]> {
    const kept = await this.#keeper.load(stream);
    const rows = (kept?.rows ?? []) as Row[];
    let cursor = kept?.cursor ?? startPaging(begin);
    for (;;) {
      const seen = this.#seen.get(stream) as Row[] | undefined;
      this.#seen.delete(stream);
      const page = seen ?? (await this.#info.ask(request(cursor.startTime), this.#ask));
      const { fresh, next, holes } = takePage(cursor, page, keyOf, pageRows);
      for (const row of fresh) rows.push(row);
      if (next === null) {
        this.holes.push(...holes);
        return rows;
      }
      await this.#keeper.keep(stream, fresh, next);
      cursor = next;
    }
  }
}

/** Dexs of builders that the trader has been on. */
function buildersDexs(fills: readonly WireUserFill[]): Set<string> {
  const symbols = new Set(fills.map((fill) => fill.coin).filter((coin) => coin.includes(':')));
  return new Set([...symbols].map((symbol) => parseCoin(symbol).dex).filter((dex) => dex !== FIRST_DEX));
}

const micro = (text: string): number => Math.round(Number(text) * 1e6);

/** The accounts on all dexs as one. A unified one has its money in the spot account, before unrealised PnL. */
function stateOf(
  states: readonly WireClearinghouseState[],
  spot: WireSpotState | undefined,
  time: number,
  coins: CoinTable,
): AccountState {
  const positions = new Map<number, number>();
  let equity = spot === undefined ? 0 : micro(usdcOf(spot));
  let held = 0;
  let unrealised = 0;
  for (const state of states) {
    if (spot === undefined) equity += micro(state.marginSummary.accountValue);
    for (const { position } of state.assetPositions) {
      const pnl = micro(position.unrealizedPnl);
      held += sideOf(position) * micro(position.positionValue);
      unrealised += pnl;
      if (spot !== undefined) equity += pnl;
      const coin = coins.bySymbol(position.coin);
      if (coin !== undefined) positions.set(coin.id, heldLots(position, coins));
    }
  }
  return { time, equity, cash: equity - held, unrealised, positions };
}

/**
 * The portfolio of a unified account is that of everything it owns: it tells the value of its perpetuals only where
 * there is nothing else, no spot coin and no share of a vault.
 */
const isUsdcAlone = (
  spot: WireSpotState,
  updates: readonly WireLedgerUpdate[],
  fills: readonly WireUserFill[],
): boolean =>
  !holdsOthers(spot) &&
  !updates.some(({ delta }) => /^vault|^spot/.test(delta.type)) &&
  fills.every(({ coin }) => !/^[@+#]|\//.test(coin));

/** Every account value in the portfolio, of perpetuals or of a unified account, oldest first, each time once. */
function checksOf(windows: WirePortfolio, spot: WireSpotState | undefined): EquityCheck[] {
  const byTime = new Map<number, number>();
  for (const [name, { accountValueHistory }] of windows) {
    if (name.startsWith('perp') !== (spot === undefined)) continue;
    for (const [time, value] of accountValueHistory) byTime.set(time, micro(value));
  }
  return [...byTime].map(([time, equity]) => ({ time, equity })).sort((a, b) => a.time - b.time);
}
