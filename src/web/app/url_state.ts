/**
 * The URL is the view. Search parameters are plain text; what is unknown or out of range is dropped, what equals
 * the default is left out, so that one view has one address.
 */
import type { ChangeKind } from '../../contract/positions.ts';
import type { SortOrder, TraderSort } from '../../contract/traders.ts';

type RawSearch = Readonly<Record<string, unknown>>;

export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: RawSearch): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export interface TradersSearch {
  /** Beginning of an address. */
  readonly q?: string;
  readonly sort?: TraderSort;
  readonly order?: SortOrder;
  readonly watched?: 'true';
}

const TRADER_SORTS: readonly TraderSort[] = ['lastSeen', 'firstSeen', 'trades', 'notional', 'address'];
const DEFAULT_TRADER_SORT: TraderSort = 'lastSeen';

const ADDRESS_START = /^(0x)?[0-9a-f]{0,40}$/;

/** The beginning of an address in lower case, or '' where the text cannot begin one. */
export function addressStart(value: string): string {
  const start = value.trim().toLowerCase();
  return ADDRESS_START.test(start) ? start : '';
}

/** The order that a first click on a column gives: largest and newest first, addresses upwards. */
export const naturalOrder = (sort: TraderSort): SortOrder => (sort === 'address' ? 'asc' : 'desc');

export function tradersSearch(raw: RawSearch): TradersSearch {
  const q = addressStart(text(raw['q']));
  const sort = TRADER_SORTS.find((known) => known === raw['sort']) ?? DEFAULT_TRADER_SORT;
  const order: SortOrder | null = raw['order'] === 'asc' ? 'asc' : raw['order'] === 'desc' ? 'desc' : null;
  return {
    ...(q === '' ? {} : { q }),
    ...(sort === DEFAULT_TRADER_SORT ? {} : { sort }),
    ...(order === null || order === naturalOrder(sort) ? {} : { order }),
    ...(raw['watched'] === 'true' ? { watched: 'true' as const } : {}),
  };
}

/** The sort in force, defaults filled in. */
export function traderSortOf(search: TradersSearch): { sort: TraderSort; order: SortOrder } {
  const sort = search.sort ?? DEFAULT_TRADER_SORT;
  return { sort, order: search.order ?? naturalOrder(sort) };
}

/** Least notional of a change, USD: a few steps are enough to calm a busy list. */
export const NOTIONAL_STEPS = ['1000', '10000', '100000', '1000000'] as const;
export type NotionalStep = (typeof NOTIONAL_STEPS)[number];
export const CHANGE_KINDS = ['opened', 'increased', 'reduced', 'closed', 'flipped'] as const;

export interface LiveSearch {
  /** The venue's symbol of a coin. */
  readonly coin?: string;
  /** Kinds joined by commas, in the order of `CHANGE_KINDS`. */
  readonly kinds?: string;
  readonly least?: NotionalStep;
  /** A whole address. */
  readonly trader?: string;
}

const COIN = /^([a-z0-9]{1,16}:)?[A-Za-z0-9_\-/@]{1,40}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;

/** The symbol as given, or '' for text that cannot be one. */
export const coinText = (value: string): string => (COIN.test(value.trim()) ? value.trim() : '');

/** The whole address in lower case, or '' for anything else. */
export const wholeAddress = (value: string): string => {
  const address = value.trim().toLowerCase();
  return ADDRESS.test(address) ? address : '';
};

export function kindsOf(search: Pick<LiveSearch, 'kinds'>): ChangeKind[] {
  const named = (search.kinds ?? '').split(',');
  return CHANGE_KINDS.filter((kind) => named.includes(kind));
}

export function liveSearch(raw: RawSearch): LiveSearch {
  const coin = coinText(text(raw['coin']));
  const trader = wholeAddress(text(raw['trader']));
  const kinds = kindsOf({ kinds: text(raw['kinds']) });
  const least = NOTIONAL_STEPS.find((step) => step === raw['least']);
  return {
    ...(coin === '' ? {} : { coin }),
    ...(trader === '' ? {} : { trader }),
    ...(kinds.length === 0 || kinds.length === CHANGE_KINDS.length ? {} : { kinds: kinds.join(',') }),
    ...(least === undefined ? {} : { least }),
  };
}
