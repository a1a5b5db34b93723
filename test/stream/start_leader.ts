import { createInfoClient } from '../../src/hyperliquid/transport.ts';
import { LocalWeightLedger } from '../../src/hyperliquid/weight/local_ledger.ts';
import { EnduringLease } from '../../src/main/stream/enduring_lease.ts';
import { StreamLeader } from '../../src/main/stream/leader.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Database } from '../../src/store/database.ts';
import { acquireLease, type Lease, tryAcquireLease } from '../../src/store/leases.ts';
import { listenNews } from '../../src/store/news.ts';

export interface Venue {
  /** http://host:port */
  readonly url: string;
  readonly websocketUrl: string;
}

/** A stream leader against a venue, without its process around it. */
export async function startLeader(
  database: Database,
  venue: Venue,
  options: { readonly coins?: readonly string[]; readonly coinsRefreshMs?: number } = {},
): Promise<{ leader: StreamLeader; lease: Lease; stop: () => Promise<void> }> {
  const clock = systemClock;
  const news = listenNews({
    url: database.url,
    applicationName: 'test news',
    log: silentLogger,
    clock,
    random: systemRandom,
  });
  const leaseOptions = { url: database.url, name: 'stream', holder: 'test', clock, log: silentLogger };
  const lease = new EnduringLease(await acquireLease(leaseOptions), {
    database,
    clock,
    log: silentLogger,
    take: () => tryAcquireLease(leaseOptions),
  });
  const leader = await StreamLeader.start({
    database,
    lease,
    news,
    epoch: 1,
    info: createInfoClient({ url: `${venue.url}/info`, ledger: new LocalWeightLedger(clock), clock }),
    websocketUrl: venue.websocketUrl,
    coins: options.coins ?? '*',
    coinsRefreshMs: options.coinsRefreshMs ?? 300_000,
    tradesRetentionHours: 72,
    clock,
    random: systemRandom,
    log: silentLogger,
  });
  return {
    leader,
    lease,
    async stop() {
      await leader.stop();
      await news.close();
      await lease.release();
    },
  };
}
