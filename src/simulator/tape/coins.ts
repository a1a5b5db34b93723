/** The tape's coins: real symbols and decimals, and roughly the prices and daily volumes of the real market. */

export interface TapeCoin {
  readonly symbol: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  /** USD. */
  readonly price: number;
  /** Share of all trades, relative. */
  readonly weight: number;
  /** Standard deviation of a day's return. */
  readonly dailyVolatility: number;
}

type Row = readonly [string, number, number, number, number, number];

const ROWS: readonly Row[] = [
  ['BTC', 5, 40, 97_500, 300, 0.025],
  ['ETH', 4, 25, 3650, 220, 0.035],
  ['ATOM', 2, 5, 4.1, 6, 0.05],
  ['DYDX', 1, 5, 0.62, 4, 0.06],
  ['SOL', 2, 20, 192, 130, 0.045],
  ['AVAX', 2, 10, 24.5, 16, 0.05],
  ['BNB', 3, 10, 1010, 14, 0.03],
  ['APE', 1, 5, 0.56, 4, 0.06],
  ['OP', 1, 5, 0.71, 7, 0.06],
  ['LTC', 2, 10, 104, 9, 0.04],
  ['ARB', 1, 10, 0.44, 10, 0.06],
  ['DOGE', 0, 10, 0.212, 24, 0.055],
  ['INJ', 1, 10, 12.4, 6, 0.055],
  ['SUI', 1, 10, 3.4, 26, 0.055],
  ['kPEPE', 0, 10, 0.0098, 18, 0.07],
  ['CRV', 1, 10, 0.71, 9, 0.06],
  ['LDO', 1, 10, 1.12, 8, 0.06],
  ['LINK', 1, 10, 21.9, 22, 0.05],
  ['STX', 1, 5, 0.62, 4, 0.06],
  ['FTM', 0, 5, 0.68, 4, 0.06],
  ['BCH', 3, 10, 560, 8, 0.04],
  ['XRP', 0, 20, 2.85, 48, 0.045],
  ['APT', 2, 10, 4.9, 8, 0.055],
  ['AAVE', 2, 10, 292, 12, 0.05],
  ['WLD', 1, 10, 1.21, 9, 0.07],
  ['SEI', 0, 10, 0.29, 9, 0.06],
  ['TIA', 1, 10, 1.52, 8, 0.065],
  ['ADA', 0, 10, 0.83, 18, 0.05],
  ['TON', 1, 10, 2.9, 8, 0.045],
  ['POL', 0, 5, 0.24, 4, 0.055],
  ['DOT', 1, 10, 4.02, 7, 0.05],
  ['NEAR', 1, 10, 2.7, 7, 0.055],
  ['JUP', 0, 10, 0.48, 8, 0.06],
  ['WIF', 0, 5, 0.79, 10, 0.075],
  ['PENDLE', 0, 5, 4.9, 6, 0.065],
  ['ENA', 0, 10, 0.58, 16, 0.07],
  ['ONDO', 0, 10, 0.94, 8, 0.06],
  ['HYPE', 2, 10, 45.2, 150, 0.055],
  ['PENGU', 0, 5, 0.031, 12, 0.075],
  ['FARTCOIN', 1, 10, 0.72, 20, 0.085],
  ['TRUMP', 1, 10, 8.1, 8, 0.06],
  ['PUMP', 0, 10, 0.0046, 26, 0.08],
  ['CASHCAT', 0, 3, 0.0639, 12, 0.12],
  ['xyz:CL', 3, 20, 62.4, 40, 0.025],
  ['xyz:CXMT', 2, 10, 118.2, 14, 0.05],
  ['xyz:KR200', 4, 20, 1134.5, 4, 0.02],
  ['xyz:NVDA', 3, 20, 182.5, 30, 0.03],
  ['xyz:XYZ100', 4, 25, 25_100, 34, 0.015],
];

/**
 * The first `count` coins of the tape; beyond the real ones, "T1", "T2"… of the same kind, for load tests.
 * First-dex coins come before those of the builder dex only in their own dex's order.
 */
export function tapeCoins(count: number = ROWS.length): TapeCoin[] {
  const coins: TapeCoin[] = ROWS.slice(0, count).map(
    ([symbol, szDecimals, maxLeverage, price, weight, dailyVolatility]) => ({
      symbol,
      szDecimals,
      maxLeverage,
      price,
      weight,
      dailyVolatility,
    }),
  );
  for (let index = coins.length; index < count; index++)
    coins.push({
      symbol: `T${index - ROWS.length + 1}`,
      szDecimals: index % 4,
      maxLeverage: 5,
      price: 0.5 * 1.07 ** (index % 100),
      weight: 3,
      dailyVolatility: 0.06,
    });
  return coins;
}
