/**
 * The markets of a new world: real names, decimals, leverage and margin tables of the venue (August and December
 * 2025), with a price and a daily volume to start from. The simulated prices leave them at once.
 */

type FirstDexRow = readonly [
  name: string,
  szDecimals: number,
  maxLeverage: number,
  marginTableId: number,
  startPx: string,
  dailyVolumeMusd: number,
  annualVolatilityPct: number,
  delisted?: 'delisted',
];

const FIRST_DEX_COINS: readonly FirstDexRow[] = [
  ['BTC', 5, 40, 56, '113080.0', 3677.4, 44],
  ['ETH', 4, 25, 55, '4305.9', 5649.4, 64],
  ['ATOM', 2, 5, 5, '4.4124', 1, 130],
  ['MATIC', 1, 20, 20, '0.37621', 0, 130, 'delisted'],
  ['DYDX', 1, 5, 5, '0.63435', 0.1, 130],
  ['SOL', 2, 20, 54, '183.42', 956.5, 80],
  ['AVAX', 2, 10, 52, '22.944', 14.4, 130],
  ['BNB', 3, 10, 51, '850.68', 24.2, 50],
  ['APE', 1, 5, 5, '0.58745', 0.3, 130],
  ['OP', 1, 10, 51, '0.71497', 3.2, 130],
  ['LTC', 2, 10, 52, '116.18', 4.8, 130],
  ['ARB', 1, 10, 51, '0.49691', 16.7, 110],
  ['DOGE', 0, 10, 52, '0.21671', 20.7, 110],
  ['INJ', 1, 10, 51, '13.422', 2.8, 130],
  ['SUI', 1, 10, 52, '3.4378', 29.1, 110],
  ['kPEPE', 0, 10, 52, '0.010408', 16, 110],
  ['CRV', 1, 10, 52, '0.86559', 10.4, 130],
  ['LDO', 1, 10, 51, '1.3014', 9.7, 130],
  ['LINK', 1, 10, 52, '25.079', 179.8, 90],
  ['STX', 1, 5, 5, '0.6547', 0.6, 130],
  ['XRP', 0, 20, 53, '2.8609', 120.9, 76],
  ['APT', 2, 10, 52, '4.4055', 2.1, 130],
  ['AAVE', 2, 10, 52, '303.55', 39.1, 110],
  ['MKR', 4, 10, 51, '1631.7', 2.2, 130],
  ['WLD', 1, 10, 52, '0.93061', 4.2, 130],
  ['TRX', 0, 10, 51, '0.35628', 5, 36],
  ['SEI', 0, 10, 51, '0.29166', 8.2, 130],
  ['DOT', 1, 10, 51, '3.8241', 2.5, 130],
  ['TIA', 1, 10, 52, '1.666', 2.5, 130],
  ['ADA', 0, 10, 52, '0.85356', 14.2, 130],
  ['TON', 1, 10, 51, '3.3005', 2.2, 130],
  ['PENDLE', 0, 5, 5, '5.541', 8.9, 130],
  ['NEAR', 1, 10, 52, '2.4467', 2.8, 130],
  ['MEME', 0, 5, 5, '0.00243', 4.3, 130],
  ['NEO', 2, 5, 5, '6.586', 1.5, 130],
  ['kBONK', 0, 10, 52, '0.021441', 14.4, 130],
  ['JUP', 0, 10, 51, '0.48983', 3.8, 130],
  ['JTO', 0, 5, 5, '1.7628', 2.6, 130],
  ['WIF', 0, 10, 52, '0.84199', 5.2, 130],
  ['ONDO', 0, 10, 51, '0.92459', 4, 130],
  ['ENA', 0, 10, 52, '0.65495', 90.6, 110],
  ['MNT', 1, 5, 5, '1.261', 3.5, 130],
  ['POPCAT', 0, 10, 52, '0.27488', 3.5, 130],
  ['POL', 0, 5, 5, '0.23654', 2.5, 130],
  ['NEIROETH', 0, 5, 5, '0.10588', 1.5, 130],
  ['GRASS', 1, 5, 5, '0.78755', 2, 130],
  ['HYPE', 2, 10, 52, '41.924', 460.3, 90],
  ['PENGU', 0, 5, 5, '0.031184', 19.2, 110],
  ['FARTCOIN', 1, 10, 52, '0.89229', 67.6, 110],
  ['BIO', 0, 5, 5, '0.20294', 17.1, 110],
  ['SPX', 1, 5, 5, '1.3009', 5, 130],
  ['S', 0, 5, 5, '0.32147', 1.8, 130],
  ['MORPHO', 1, 5, 5, '2.4311', 3.2, 130],
  ['TRUMP', 1, 10, 52, '8.4531', 8.4, 130],
  ['VINE', 0, 5, 5, '0.061441', 1.6, 130],
  ['BERA', 1, 5, 5, '2.1821', 5.1, 130],
  ['IP', 1, 3, 3, '5.7114', 4.3, 170],
  ['PAXG', 3, 5, 5, '3324.6', 1.4, 16],
  ['ZORA', 0, 3, 3, '0.08327', 5.5, 170],
  ['LAUNCHCOIN', 0, 3, 3, '0.042984', 1.8, 170],
  ['PUMP', 0, 5, 5, '0.002823', 48.8, 110],
  ['PROVE', 0, 3, 3, '1.1236', 1.9, 170],
  ['YZY', 0, 3, 3, '0.74371', 94.1, 110],
];

type BuilderDexRow = readonly [
  name: string,
  szDecimals: number,
  maxLeverage: number,
  marginTableId: number,
  startPx: string,
  dailyVolumeMusd: number,
  annualVolatilityPct: number,
  marginMode: 'strictIsolated' | 'noCross' | null,
  growthMode?: boolean,
];

const BUILDER_DEX_COINS: readonly BuilderDexRow[] = [
  ['XYZ100', 4, 25, 25, '24657.0', 527.1, 36, 'noCross', true],
  ['TSLA', 3, 10, 10, '399.52', 23.6, 36, 'strictIsolated', true],
  ['NVDA', 3, 10, 10, '176.19', 25.3, 36, 'strictIsolated', true],
  ['GOLD', 4, 20, 20, '4899.9', 258.6, 36, 'noCross'],
  ['HOOD', 3, 10, 10, '75.823', 16.4, 36, 'strictIsolated', true],
  ['INTC', 2, 10, 10, '49.169', 13.1, 36, 'strictIsolated', true],
  ['PLTR', 3, 10, 10, '135.53', 18.6, 36, 'strictIsolated', true],
  ['COIN', 3, 10, 10, '153.73', 13.5, 36, 'strictIsolated', true],
  ['META', 3, 10, 10, '668.52', 6.9, 36, 'strictIsolated', true],
  ['AAPL', 3, 10, 10, '274.5', 7.4, 36, 'strictIsolated', true],
  ['MSFT', 3, 10, 10, '398.65', 6.3, 36, 'strictIsolated', true],
  ['ORCL', 3, 10, 10, '138.33', 4, 36, 'strictIsolated', true],
  ['GOOGL', 3, 10, 10, '326.41', 28.8, 36, 'strictIsolated', true],
  ['AMZN', 3, 10, 10, '204.31', 23.4, 36, 'strictIsolated', true],
];

/** A market as a world starts it. */
export interface CoinSeed {
  readonly dex: string;
  readonly name: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly marginTableId: number;
  /** Decimal text in USD. */
  readonly startPx: string;
  readonly dailyVolumeMusd: number;
  readonly annualVolatilityPct: number;
  readonly delisted: boolean;
  readonly marginMode: 'strictIsolated' | 'noCross' | null;
  readonly growthMode: boolean;
}

export const BUILDER_DEX = 'xyz';
/** Its deployer's fee scale, 1e-2. */
export const DEPLOYER_FEE_SCALE_E2 = 100;

const firstDex: readonly CoinSeed[] = FIRST_DEX_COINS.map((row) => ({
  dex: '',
  name: row[0],
  szDecimals: row[1],
  maxLeverage: row[2],
  marginTableId: row[3],
  startPx: row[4],
  dailyVolumeMusd: row[5],
  annualVolatilityPct: row[6],
  delisted: row[7] === 'delisted',
  marginMode: null,
  growthMode: false,
}));

const builderDex: readonly CoinSeed[] = BUILDER_DEX_COINS.map((row) => ({
  dex: BUILDER_DEX,
  name: row[0],
  szDecimals: row[1],
  maxLeverage: row[2],
  marginTableId: row[3],
  startPx: row[4],
  dailyVolumeMusd: row[5],
  annualVolatilityPct: row[6],
  delisted: false,
  marginMode: row[7],
  growthMode: row[8] ?? false,
}));

/** Every market of the default world: the first dex in the venue's order, then the builder dex. */
export const COIN_SEEDS: readonly CoinSeed[] = [...firstDex, ...builderDex];

export interface MarginTier {
  /** Position value in whole USD from which the tier holds. */
  readonly lowerBoundUsd: number;
  readonly maxLeverage: number;
}

/** Tables with an id below 50 have one tier, whose leverage is the id. */
export const TIERED_MARGIN_TABLES: ReadonlyMap<
  number,
  { readonly description: string; readonly tiers: readonly MarginTier[] }
> = new Map([
  [50, { description: '', tiers: [{ lowerBoundUsd: 0, maxLeverage: 50 }] }],
  [51, { description: 'tiered 10x', tiers: tiers(10, 3_000_000, 5) }],
  [52, { description: 'tiered 10x (2)', tiers: tiers(10, 20_000_000, 5) }],
  [53, { description: 'tiered 20x', tiers: tiers(20, 40_000_000, 10) }],
  [54, { description: 'tiered 20x (2)', tiers: tiers(20, 70_000_000, 10) }],
  [55, { description: 'tiered 25x', tiers: tiers(25, 100_000_000, 15) }],
  [56, { description: 'tiered 40x', tiers: tiers(40, 150_000_000, 20) }],
]);

function tiers(first: number, boundUsd: number, second: number): readonly MarginTier[] {
  return [
    { lowerBoundUsd: 0, maxLeverage: first },
    { lowerBoundUsd: boundUsd, maxLeverage: second },
  ];
}

/** @returns undefined for an id that no table has. */
export function marginTiersOf(id: number): readonly MarginTier[] | undefined {
  if (Number.isInteger(id) && id >= 1 && id < 50) return [{ lowerBoundUsd: 0, maxLeverage: id }];
  return TIERED_MARGIN_TABLES.get(id)?.tiers;
}
