/**
 * What roles report about themselves in the `detail` of their heartbeat, as far as the API shows it. A part that is
 * missing or malformed is unknown, never zero.
 */
import { z } from 'zod';
import { type QueueDepth, queueSchema } from '../contract/system.ts';
import type { ServiceHeartbeat } from '../store/service_heartbeats.ts';

const count = z.number().int().nonnegative();

const feedReportSchema = z.object({
  connections: count,
  connectionsUp: count,
  subscriptions: count,
  reconnects: count,
  duplicates: count,
  /** Receive time of the newest message of the venue, ms. */
  lastMessageAt: z.number().nullable(),
  /** Trade time to commit, p50, ms. */
  lagMs: z.number().nullable(),
});
export type FeedReport = z.infer<typeof feedReportSchema>;

const weightReportSchema = z.object({
  egress: z.string(),
  limit: count,
  windowMs: count,
  used: count,
  usedByLane: z.record(z.string(), count),
});
export type WeightReport = z.infer<typeof weightReportSchema> & { readonly asOf: number };

const FRESH_MS = 8_000;

export const isFresh = (beat: ServiceHeartbeat, now: number): boolean =>
  beat.state !== 'stopped' && now - beat.beatAt <= FRESH_MS;

/** The active stream role's feed: the one with connections, if a standby reports too. */
export function reportedFeed(beats: readonly ServiceHeartbeat[], now: number): FeedReport | undefined {
  let best: FeedReport | undefined;
  for (const beat of beats) {
    if (beat.role !== 'stream' || !isFresh(beat, now)) continue;
    const parsed = feedReportSchema.safeParse(beat.detail['feed']);
    if (parsed.success && (best === undefined || parsed.data.connections > best.connections))
      best = parsed.data;
  }
  return best;
}

/** The newest word on each egress IP's weight; every role on an IP reports the same ledger. */
export function reportedWeight(beats: readonly ServiceHeartbeat[], now: number): WeightReport[] {
  const byEgress = new Map<string, WeightReport>();
  for (const beat of beats) {
    if (!isFresh(beat, now)) continue;
    const said = beat.detail['weight'];
    // A worker has one ledger for each of its addresses.
    for (const one of Array.isArray(said) ? said : [said]) {
      const parsed = weightReportSchema.safeParse(one);
      if (!parsed.success) continue;
      const known = byEgress.get(parsed.data.egress);
      if (known === undefined || known.asOf < beat.beatAt) {
        byEgress.set(parsed.data.egress, { ...parsed.data, asOf: beat.beatAt });
      }
    }
  }
  return [...byEgress.values()].sort((a, b) => (a.egress < b.egress ? -1 : 1));
}

/** The scheduler's word on the job queues; null without a fresh one. */
export function reportedQueues(beats: readonly ServiceHeartbeat[], now: number): QueueDepth[] | null {
  let newest: { readonly at: number; readonly queues: QueueDepth[] } | undefined;
  for (const beat of beats) {
    if (beat.role !== 'scheduler' || !isFresh(beat, now)) continue;
    const parsed = z.array(queueSchema).safeParse(beat.detail['queues']);
    if (parsed.success && (newest === undefined || newest.at < beat.beatAt)) {
      newest = { at: beat.beatAt, queues: parsed.data };
    }
  }
  return newest?.queues ?? null;
}
