/** Trades between the houses: the volume of everybody who is not told about, louder when the market is awake. */
import { rhythmAt } from '../agents/fair_prices.ts';
import { gridPxAt } from '../agents/market_makers.ts';
import { Draw } from './draw.ts';
import { FIRST, type FillColumns } from './fill_columns.ts';
import { type CoinHistory, DAY_MS, type MarketHistory } from './market_history.ts';

/** Prints a day; together they are the coin's whole real volume: who follows a trader is judged by how deep it is. */
const printsPerDay = (volumeMusd: number): number => Math.min(600, 24 + 22 * Math.sqrt(volumeMusd));

export function writeBackground(
  seed: string,
  market: MarketHistory,
  rows: FillColumns,
  houses: number,
): void {
  if (houses < 2) return;
  for (const coin of market.coins)
    writeCoin(new Draw(`${seed}/background/${coin.seed.name}`), coin, market, rows, houses);
}

function writeCoin(
  draw: Draw,
  coin: CoinHistory,
  market: MarketHistory,
  rows: FillColumns,
  houses: number,
): void {
  const prints = printsPerDay(coin.seed.dailyVolumeMusd);
  const mean = (Math.max(0.05, coin.seed.dailyVolumeMusd) * 1e12) / prints;
  const owner = coin.index % houses;
  const counter = (coin.index + 1) % houses;
  let held = 0;
  for (let time = market.start; ; ) {
    time += Math.ceil((-Math.log(1 - draw.uniform()) * DAY_MS) / prints / rhythmAt(time));
    if (time > market.end) return;
    const mid = market.midAt(coin, time);
    const size = Math.max(1, Math.round((mean * Math.exp(0.9 * draw.bell() - 0.4)) / mid));
    // What one house took it gives back: inventories stay small.
    const buys = draw.uniform() < (held > 0 ? 0.3 : held < 0 ? 0.7 : 0.5);
    const signed = buys ? size : -size;
    held += signed;
    const px = gridPxAt(coin.pxDecimals, mid * (1 + (buys ? coin.halfSpread : -coin.halfSpread)), !buys);
    rows.push(owner, counter, time, coin.index, px, signed, FIRST);
  }
}
