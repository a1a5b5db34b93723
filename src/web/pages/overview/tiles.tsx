import type { ReactNode } from 'react';
import type { Stats, Weight } from '../../../contract/stats.ts';
import { formatAge } from '../../format/number.ts';
import { connection, history, latestStats } from '../../live/feed.ts';
import { feedHealth } from '../../live/health.ts';
import { usePart, useStore } from '../../live/store.ts';
import { type Level, StateMark } from '../../ui/badge.tsx';
import { Meter, Sparkline } from '../../ui/meter.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { useTick } from '../../ui/ticker.ts';
import styles from './overview.module.css';

const c = pick(styles);

const Tile = ({
  title,
  value,
  below,
  graph,
}: {
  readonly title: string;
  readonly value: ReactNode;
  readonly below?: ReactNode;
  readonly graph?: ReactNode;
}) => (
  <div className={c('tile')}>
    <dt>{title}</dt>
    <dd className={c('value')}>{value}</dd>
    {below === undefined ? null : <dd className={c('below')}>{below}</dd>}
    {graph === undefined ? null : <dd className={c('graph')}>{graph}</dd>}
  </div>
);

/** How bad the worst service is, and how many are well. */
function servicesHealth(stats: Stats | undefined): { level: Level; text: string; below: string } {
  if (stats === undefined) return { level: 'neutral', text: '?', below: 'no report yet' };
  const { services } = stats;
  const ready = services.filter((service) => service.state === 'ready' || service.state === 'standby').length;
  const bad = services.filter((service) => service.state === 'failed' || service.state === 'silent');
  const level: Level =
    services.length === 0
      ? 'neutral'
      : bad.length > 0
        ? 'danger'
        : ready < services.length
          ? 'warning'
          : 'healthy';
  const restarts = services.reduce((sum, service) => sum + service.restarts, 0);
  const trouble = bad.map((service) => `${service.name} ${service.state}`).join(', ');
  return {
    level,
    text: `${ready} of ${services.length}`,
    below: trouble === '' ? `${restarts} restart${restarts === 1 ? '' : 's'}` : trouble,
  };
}

function FeedTile({ stats, receivedAt }: { readonly stats: Stats | undefined; readonly receivedAt: number }) {
  const link = useStore(connection);
  const { monotonic } = useTick();
  const report =
    stats === undefined ? null : { feed: stats.feed, reportAgeMs: Math.max(0, monotonic - receivedAt) };
  const health = feedHealth(link, report);
  const feed = stats?.feed;
  const age =
    feed === undefined || feed.dataAgeMs === null ? null : feed.dataAgeMs + (report?.reportAgeMs ?? 0);
  const up = feed?.connectionsUp ?? null;
  const all = feed?.connections ?? null;
  const connections = up === null || all === null ? 'no report' : `${up} of ${all} up`;
  const gaps =
    feed === undefined ? '' : ` · ${feed.gapsLastDay} gap${feed.gapsLastDay === 1 ? '' : 's'} in 24 h`;
  return (
    <Tile
      title="Exchange feed"
      value={
        <>
          <StateMark level={health.level} />
          <span data-tip={health.explanation}>{age === null ? '?' : formatAge(age)}</span>
          <span className={c('unit')}>{health.level === 'healthy' ? 'old' : health.text.split(' ')[0]}</span>
        </>
      }
      below={`${connections}${gaps}`}
    />
  );
}

const worst = (weights: readonly Weight[]): Weight | undefined =>
  [...weights].sort((a, b) => (b.used ?? 0) / b.limit - (a.used ?? 0) / a.limit)[0];

function WeightTile({ stats }: { readonly stats: Stats | undefined }) {
  const weight = stats === undefined ? undefined : worst(stats.weight);
  const limit = weight === undefined ? 1200 : weight.limit;
  const used = stats === undefined ? undefined : (weight?.used ?? null);
  return (
    <Tile
      title="API weight, last minute"
      value={
        <>
          <Num value={used} kind="count" reason="no service has reported its use yet" />
          <span className={c('unit')}>
            of <Num value={limit} kind="count" />
          </span>
        </>
      }
      below={weight === undefined ? 'no report' : `egress ${weight.egress}`}
      graph={<Meter used={used ?? null} limit={limit} label="API weight used" />}
    />
  );
}

/** The six figures that say at a glance whether the system is alive. */
export function Tiles() {
  const sample = useStore(latestStats);
  const stats = sample?.stats;
  const tradesPast = usePart(history, (past) => past.tradesPerSecond);
  const tradersPast = usePart(history, (past) => past.tradersPerMinute);
  const services = servicesHealth(stats);
  return (
    <dl className={c('tiles')}>
      <Tile
        title="Traders known"
        value={<Num value={stats?.traders.total} kind="count" cue />}
        below={
          <>
            <Num value={stats?.traders.newLastHour} kind="count" /> new in the last hour
          </>
        }
      />
      <Tile
        title="Discovery rate"
        value={
          <>
            <Num value={stats?.traders.perMinute} kind="rate" />
            <span className={c('unit')}>traders/min</span>
          </>
        }
        below={
          <>
            <Num value={stats?.traders.newLastMinute} kind="count" /> in the last minute
          </>
        }
        graph={<Sparkline values={tradersPast} />}
      />
      <Tile
        title="Trades"
        value={
          <>
            <Num value={stats?.trades.perSecond} kind="rate" />
            <span className={c('unit')}>trades/s</span>
          </>
        }
        below={
          <>
            <Num value={stats?.trades.total} kind="count" /> committed
          </>
        }
        graph={<Sparkline values={tradesPast} />}
      />
      <FeedTile stats={stats} receivedAt={sample?.receivedAt ?? 0} />
      <Tile
        title="Services ready"
        value={
          <>
            <StateMark level={services.level} />
            {services.text}
          </>
        }
        below={services.below}
      />
      <WeightTile stats={stats} />
    </dl>
  );
}
