/** Episodes, what they have in common, and entity of a trader, as `explain` answers them. */
import { z } from 'zod';
import type { LeaderboardExplanation } from '../contract/leaderboard.ts';
import { episodeMetrics } from '../domain/metrics/episode_metrics.ts';
import { readCoins } from '../store/coins.ts';
import type { Database } from '../store/database.ts';
import { readEntityExposure, readEntityMembers } from '../store/read_entity.ts';
import type { StoredDetails } from '../store/trader_details.ts';

const EPISODES = 100;

const episodeSchema = z.object({
  coin: z.int(),
  long: z.boolean(),
  openTime: z.number(),
  closeTime: z.number(),
  entry: z.number(),
  net: z.number(),
  fees: z.number(),
  funding: z.number(),
  adds: z.int(),
  fault: z.string().nullable(),
  liquidated: z.boolean(),
});
const detailsSchema = z.object({ episodes: z.array(episodeSchema) });

/** With what an older version has not stored: its episodes are null. */
const closedSchema = episodeSchema.extend({
  exit: z.number(),
  worst: z.number(),
  best: z.number(),
  orders: z.int(),
  fills: z.int(),
  forced: z.boolean(),
});
const shapesSchema = z.object({ episodes: z.array(closedSchema.nullable().catch(null)) });

const partsOf = (stored: StoredDetails | undefined): unknown[] =>
  [stored?.base, stored?.seen].filter((part) => part !== null && part !== undefined);

/** The newest closed positions, newest first. */
export async function episodesOf(
  db: Database,
  stored: StoredDetails | undefined,
): Promise<LeaderboardExplanation['episodes']> {
  const episodes = partsOf(stored).flatMap((part) => detailsSchema.parse(part).episodes);
  if (episodes.length === 0) return [];
  const coins = new Map((await readCoins(db)).map((coin) => [coin.id, coin]));
  return episodes
    .slice(-EPISODES)
    .reverse()
    .map(({ coin, entry, net, fees, funding, ...rest }) => ({
      ...rest,
      dex: coins.get(coin)?.dex ?? '',
      coin: coins.get(coin)?.name ?? '?',
      entryUsd: entry,
      netUsd: net,
      feesUsd: fees,
      fundingUsd: funding,
    }));
}

/** Metrics of the same positions, those without a fault; nothing where there are none. */
export function episodeMetricsOf(stored: StoredDetails | undefined): LeaderboardExplanation['metrics'] {
  const closed = partsOf(stored)
    .flatMap((part) => shapesSchema.parse(part).episodes)
    .slice(-EPISODES)
    .flatMap((one) => (one === null || one.fault !== null ? [] : [one]));
  return closed.length === 0 ? {} : episodeMetrics(closed);
}

/** Null when the trader is not linked to any other wallet. */
export async function entityOf(
  db: Database,
  traderId: number,
  windowDays: number,
): Promise<LeaderboardExplanation['entity']> {
  const members = await readEntityMembers(db, traderId, windowDays);
  if (members.length === 0) return null;
  const net = await readEntityExposure(db, traderId);
  const known = members.flatMap(({ netPnlUsd }) => (netPnlUsd === null ? [] : [netPnlUsd]));
  const gross = net.reduce((sum, one) => sum + one.grossUsd, 0);
  return {
    members: members.map((member) => ({ ...member, links: [...member.links] })),
    netPnlUsd: known.length === 0 ? null : known.reduce((sum, pnl) => sum + pnl, 0),
    net,
    oneSided: gross > 0 ? net.reduce((sum, one) => sum + Math.abs(one.netUsd), 0) / gross : null,
  };
}
