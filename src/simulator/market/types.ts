/** Market data as the venue's wire writes it. Prices and sizes are decimal strings with at least one decimal. */

export interface WireTrade {
  readonly coin: string;
  /** Side of the aggressor: B bought, A sold. */
  readonly side: 'B' | 'A';
  readonly px: string;
  readonly sz: string;
  /** Block time, ms. */
  readonly time: number;
  readonly hash: string;
  readonly tid: number;
  /** [buyer, seller], lower-case. */
  readonly users: readonly [string, string];
}

export interface WireLevel {
  readonly px: string;
  readonly sz: string;
  /** Number of orders. */
  readonly n: number;
}

export interface WireBook {
  readonly time: number;
  /** Bids descending, asks ascending. */
  readonly levels: readonly [readonly WireLevel[], readonly WireLevel[]];
}

/** A perpetual of one dex; its index is its place in the dex's list. */
export interface CoinSpec {
  /** "BTC" or "xyz:CL". */
  readonly symbol: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly isDelisted?: true;
}

export interface DexSpec {
  /** '' for the first dex. */
  readonly name: string;
  readonly coins: readonly CoinSpec[];
}

/** Context of one perpetual, the row of metaAndAssetCtxs. */
export interface AssetContext {
  readonly funding: string;
  readonly openInterest: string;
  readonly prevDayPx: string;
  readonly dayNtlVlm: string;
  readonly premium: string | null;
  readonly oraclePx: string;
  readonly markPx: string;
  readonly midPx: string | null;
  readonly impactPxs: readonly [string, string] | null;
  readonly dayBaseVlm: string;
}
