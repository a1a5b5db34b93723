/** Role `stream`: one active process watches the venue and writes; any other waits, ready to take over. */
import type { FeedStatus } from '../../hyperliquid/stream/feed_status.ts';
import type { Settings } from '../../runtime/config/groups.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RunningRole } from '../../runtime/lifecycle.ts';
import { acquireLease, type Lease, type LeaseOptions, tryAcquireLease } from '../../store/leases.ts';
import type { ServiceStatus } from '../../store/service_heartbeats.ts';
import { followSimulatedRun } from '../../store/simulated_run.ts';
import { stampWorld } from '../../store/world.ts';
import { type Egress, egressNames, openEgress } from '../egress.ts';
import type { ServiceContext } from '../service_context.ts';
import { type OpenStore, openStore, worldOf } from '../store.ts';
import { EnduringLease } from '../stream/enduring_lease.ts';
import { StreamLeader } from '../stream/leader.ts';
import { askSimulatedRun, confirmSimulatedRun } from '../stream/simulated_world.ts';
import { weightLimitOf } from '../weight_ledger.ts';

type StreamSettings = Settings<'base' | 'storage' | 'exchange' | 'feed' | 'simulator'>;
type Context = ServiceContext<StreamSettings>;

const LEASE = 'stream';
/** Flushes, partitions, the list of coins, polls after gaps and the weight ledger. */
const CONNECTIONS = 5;

/** Of a minute's weight, for the trades before the first look at all coins; and what one coin costs. */
const LOOK_BACK_SHARE = 0.1;
const LOOK_BACK_WEIGHT = 30;

export async function startStreamRole(context: Context): Promise<RunningRole> {
  const { config, clock, log, instance } = context;
  const stop = new AbortController();
  const parts: Parts = { signal: stop.signal };
  const store = await openStore({
    context,
    instance,
    restarts: context.restarts,
    maxConnections: CONNECTIONS,
    status: () => report(parts),
  });
  parts.egress = openEgress(egressNames(config.WORKER_EGRESS)[0], {
    database: store.database,
    redisUrl: config.REDIS_URL,
    namespace: `${store.world.network}:${store.world.worldId}`,
    url: config.HYPERLIQUID_API_URL,
    limit: weightLimitOf(config),
    isPressing: true,
    clock,
    log,
    observe: (egress, type, outcome) => parts.leader?.metrics.requested(egress, type, outcome),
  });
  const lease: LeaseOptions = {
    url: store.database.url,
    name: LEASE,
    holder: `${instance} pid ${process.pid}`,
    clock,
    log,
    signal: stop.signal,
  };
  const first = await tryAcquireLease(lease);
  if (first !== undefined) await lead(parts, context, store, endure(first, lease, store));
  else log.info('standby: another stream is active');
  const ended = (async () => {
    if (first === undefined) {
      await lead(parts, context, store, endure(await acquireLease(lease), lease, store));
    }
    await parts.leader?.ended;
  })().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    ended,
    async stop() {
      stop.abort(new AppError('STREAM_STOPPED', 'the role stops'));
      try {
        await parts.leader?.stop();
      } finally {
        await parts.lease?.release().catch(() => undefined);
        await parts.egress?.close();
        await store.close();
      }
    },
  };
}

interface Parts {
  /** The role stops. */
  readonly signal: AbortSignal;
  egress?: Egress;
  lease?: Lease | undefined;
  leader?: StreamLeader;
}

const endure = (held: Lease, options: LeaseOptions, store: OpenStore): Lease =>
  new EnduringLease(held, {
    database: store.database,
    clock: options.clock,
    log: options.log,
    take: () => tryAcquireLease(options),
  });

async function lead(parts: Parts, context: Context, store: OpenStore, lease: Lease): Promise<void> {
  const { config, clock, random, log } = context;
  const { egress } = parts;
  if (egress === undefined) return;
  parts.lease = lease;
  const { signal } = parts;
  const asked = { info: egress.info, clock, signal, ...(context.waiting && { waiting: context.waiting }) };
  const run = config.NETWORK === 'simulator' ? await askSimulatedRun(asked) : undefined;
  const anew = run === undefined ? undefined : await followSimulatedRun(store.database, lease, run, clock);
  if (anew)
    log.warn({ run }, 'the simulated exchange began anew: what was known of its accounts is forgotten');
  // Only now: a process that stood by may have read its world before the simulator began anew or the database was restored.
  const { epoch } = await stampWorld(store.database, worldOf(config), clock);
  const startedAt = clock.monotonic();
  parts.leader = await StreamLeader.start({
    database: store.database,
    lease,
    news: store.news,
    epoch,
    info: egress.info,
    websocketUrl: config.WEBSOCKET_URL,
    coins: config.POPULAR_COINS,
    coinsRefreshMs: config.COINS_REFRESH_SECONDS * 1000,
    tradesRetentionHours: config.TRADES_RETENTION_HOURS,
    lookBackCoins: Math.floor((weightLimitOf(config) * LOOK_BACK_SHARE) / LOOK_BACK_WEIGHT),
    ...(run !== undefined && { confirmVenue: (signal) => confirmSimulatedRun(run, { ...asked, signal }) }),
    clock,
    random,
    log,
  });
  const traders = parts.leader.pipeline.ledger.known;
  const tookMs = Math.round(clock.monotonic() - startedAt);
  log.info({ token: lease.token, traders, tookMs }, 'this stream is the active one');
}

const REFUSED_NAMED = 5;

export function coinsMessage({
  coinsLive,
  coins,
  refusedCoins,
}: Pick<FeedStatus, 'coinsLive' | 'coins' | 'refusedCoins'>): string {
  const live = `${coinsLive} of ${coins} coins are live`;
  if (refusedCoins.length === 0) return live;
  const rest = refusedCoins.length - REFUSED_NAMED;
  const named = `${refusedCoins.slice(0, REFUSED_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return `${live}; the exchange refuses ${named}`;
}

/** What the heartbeat says; the API reads `feed` and `weight`. */
async function report(parts: Parts): Promise<Omit<ServiceStatus, 'rssBytes'>> {
  const { leader, egress } = parts;
  const snapshot = await egress?.ledger.snapshot().catch(() => undefined);
  const used = snapshot === undefined ? {} : { weight: { egress: egress?.name, ...snapshot } };
  if (leader === undefined) return { state: 'standby', detail: used, metrics: [] };
  const feed = leader.feed.status();
  const up = feed.connections.filter((one) => one.state === 'live').length;
  const whole = feed.coins > 0 && feed.coinsLive === feed.coins;
  return {
    state: whole ? 'ready' : 'degraded',
    detail: {
      ...used,
      audits: { ...leader.auditor.counts, waiting: leader.auditor.waiting },
      book: { open: leader.pipeline.book.open, positions: leader.pipeline.book.pairs.size },
      ...(whole ? {} : { message: coinsMessage(feed) }),
      feed: {
        connections: feed.connections.length,
        connectionsUp: up,
        subscriptions: feed.connections.reduce((sum, one) => sum + one.confirmed, 0),
        reconnects: feed.reconnects,
        duplicates: feed.duplicates,
        lastMessageAt: feed.lastDataAt,
        lagMs: leader.metrics.medianLag(),
        malformed: feed.malformed,
        gaps: feed.gaps,
        gapsClosed: feed.gapsClosed,
        unwatchedCoins: feed.unwatchedCoins.length,
        refusedCoins: feed.refusedCoins.slice(0, 20),
        pendingTrades: leader.pipeline.pending,
        failedFlushes: leader.failedFlushes,
        sockets: feed.connections,
      },
    },
    metrics: await leader.metrics.registry.getMetricsAsJSON(),
  };
}
