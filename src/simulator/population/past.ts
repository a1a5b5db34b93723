/** A generated past as plain data: who lived, what everybody did, what is left at the end. */
import type { Address } from '../../domain/address.ts';
import type { CoinSeed } from '../venue/coin_table.ts';
import type { Member } from './cast.ts';
import type { DirectionalPart } from './directional.ts';
import type { FastPlan } from './fast.ts';
import type { FillColumns } from './fill_columns.ts';
import type { Fold } from './fold.ts';
import type { Flow } from './life.ts';
import type { CoinHistory, MarketHistory } from './market_history.ts';
import type { PortfolioGrid } from './portfolio_grid.ts';

export interface PastOptions {
  readonly seed: string;
  /** The venue's, for addresses and ids. */
  readonly salt: number;
  readonly traders: number;
  readonly days: number;
  /** ms, a whole minute: the world begins here. */
  readonly end: number;
  readonly coins: readonly CoinSeed[];
  /** The accounts that take the other side of whoever has no partner. */
  readonly houses: readonly Address[];
}

export interface AccountPast {
  readonly member: Member;
  /** ms and micro-USD from which the fills explain everything. */
  readonly opening: { readonly time: number; readonly usd: number };
  /** At the end. */
  readonly fold: Fold;
  readonly flows: readonly Flow[];
  /** Account value and net flow at every time of the grid; NaN before the account existed. */
  readonly values: Float64Array;
  readonly netFlows: Float64Array;
  /** Own rows: a range for who trades, a list in order of time for who only answers. */
  readonly rows: { readonly from: number; readonly to: number } | Uint32Array;
  /** What it goes on with. */
  readonly parts: readonly DirectionalPart[];
  readonly fast: FastPlan | null;
  /** Coins of a martingale or a pump. */
  readonly coins: readonly CoinHistory[];
}

export interface Past {
  readonly options: PastOptions;
  readonly market: MarketHistory;
  readonly grid: PortfolioGrid;
  readonly rows: FillColumns;
  /** Rows in order of time, and each row's place in it. */
  readonly order: Uint32Array;
  readonly rank: Uint32Array;
  /** By place in the cast. */
  readonly accounts: readonly AccountPast[];
}
