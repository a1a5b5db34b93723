/**
 * Writes the past of a world: every trader lives through the same market, the houses take the other sides, and what
 * is left at the end is the state the world begins with.
 */
import { answerers } from './answerers.ts';
import { writeBackground } from './background.ts';
import { Biography } from './biography.ts';
import { makeCast } from './cast.ts';
import { FillColumns } from './fill_columns.ts';
import { liveTogether } from './life.ts';
import { MarketHistory } from './market_history.ts';
import type { AccountPast, Past, PastOptions } from './past.ts';
import { portfolioGrid } from './portfolio_grid.ts';
import { sponsorships } from './sponsors.ts';

export function generatePast(options: PastOptions): Past {
  const market = new MarketHistory(options);
  const grid = portfolioGrid(market.start, market.end);
  const builderDex = market.coins.some((coin) => coin.dex === 1);
  const cast = makeCast({ ...options, start: market.start, builderDex });
  const rows = new FillColumns(Math.ceil(options.traders * options.days * 18));
  const stage = { market, grid, rows, houses: options.houses.length };
  const gifts = sponsorships(options.seed, cast);
  const giftsOf = (index: number) => gifts.get(index) ?? [];
  const accounts: (AccountPast | undefined)[] = cast.map(() => undefined);
  for (const member of cast) {
    if (member.kind === 'house' || member.kind === 'follower' || (member.mirror && member.kind === 'wash'))
      continue;
    const followers = member.kind === 'pump' ? cast.filter((other) => other.leader === member.index) : [];
    const behind = followers.map((other) => new Biography(other, stage, giftsOf(other.index)));
    const together = [new Biography(member, stage, giftsOf(member.index), behind), ...behind];
    liveTogether(
      together.map((each) => each.part),
      market.end + 1,
    );
    for (const each of together) accounts[each.member.index] = each.past();
  }
  writeBackground(options.seed, market, rows, stage.houses);
  const order = rows.byTime(market.start);
  const rank = new Uint32Array(rows.length);
  for (let place = 0; place < order.length; place++) rank[order[place] as number] = place;
  for (const past of answerers(cast, accounts, market, grid, rows, order)) accounts[past.member.index] = past;
  return { options, market, grid, rows, order, rank, accounts: accounts as AccountPast[] };
}
