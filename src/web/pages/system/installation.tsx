import type { Stats } from '../../../contract/stats.ts';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { When } from '../../ui/when.tsx';
import styles from './system.module.css';

const c = pick(styles);
const NO_REPORT = 'the stream service has not reported';

/** The connections to the exchange and what they brought. */
export const FeedFacts = ({ stats: { feed, traders } }: { readonly stats: Stats }) => (
  <dl className={c('facts')}>
    <dt>State</dt>
    <dd>{feed.state}</dd>
    <dt>Newest committed trade</dt>
    <dd>
      <When at={feed.lastTradeAt} never="none yet" />
    </dd>
    <dt>Connections up</dt>
    <dd>
      <Num value={feed.connectionsUp} kind="count" reason={NO_REPORT} /> of{' '}
      <Num value={feed.connections} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Subscriptions</dt>
    <dd>
      <Num value={feed.subscriptions} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Reconnects</dt>
    <dd>
      <Num value={feed.reconnects} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Repeated trades dropped</dt>
    <dd>
      <Num value={feed.duplicates} kind="count" reason={NO_REPORT} />
    </dd>
    <dt>Exchange to commit, median</dt>
    <dd>
      <Num value={feed.lagMs} kind="milliseconds" />
    </dd>
    <dt data-tip="Traders seen for the first time, over the last 5 minutes">New traders a minute</dt>
    <dd>
      <Num value={traders.perMinute} kind="rate" />
    </dd>
    <dt>Gaps in the last 24 h</dt>
    <dd>
      <Num value={feed.gapsLastDay} kind="count" />
    </dd>
  </dl>
);

/** What runs here. */
export const About = ({ stats }: { readonly stats: Stats }) => (
  <dl className={c('facts')}>
    <dt>Version</dt>
    <dd>{stats.version}</dd>
    <dt>Network</dt>
    <dd>{stats.network}</dd>
    <dt>World</dt>
    <dd>{stats.world}</dd>
    <dt>Coins listed</dt>
    <dd>
      <Num value={stats.coins.listed} kind="count" />
    </dd>
    <dt>Event log at</dt>
    <dd>{stats.log === null ? 'not begun' : `${stats.log.epoch}:${stats.log.offset}`}</dd>
  </dl>
);
