import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef } from 'react';
import type { PositionChange } from '../../../contract/positions.ts';
import type { TraderDetail } from '../../../contract/traders.ts';
import { explainQuery } from '../../api/leaderboard.ts';
import { positionsQuery, traderEventsQuery, traderQuery } from '../../api/queries.ts';
import { RequestError } from '../../api/request.ts';
import { useMode } from '../../app/mode.ts';
import { PageHead } from '../../app/page_head.tsx';
import { browserClock, type Timer } from '../../browser.ts';
import { shortAddress } from '../../format/address.ts';
import { useChangeFeed } from '../../live/change_feed.ts';
import { latestStats } from '../../live/feed.ts';
import { usePart } from '../../live/store.ts';
import { CopyAddress } from '../../ui/address.tsx';
import { Card } from '../../ui/card.tsx';
import { ChangesTable } from '../../ui/changes_table.tsx';
import { Icon } from '../../ui/icon.tsx';
import { NotLive } from '../../ui/not_live.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import { WatchStar } from '../../ui/watch_star.tsx';
import { AccountValueCard } from './account_value_card.tsx';
import { activityMap } from './activity.ts';
import { ActivityCard } from './activity_card.tsx';
import { coinMix } from './coin_mix.ts';
import { CoinMixCard } from './coin_mix_card.tsx';
import { EntityCard } from './entity_card.tsx';
import { Facts } from './facts.tsx';
import { FollowerCard } from './follower_card.tsx';
import { PositionsCard } from './positions_card.tsx';
import { RankingCard } from './ranking_card.tsx';
import { RecordCards } from './record_cards.tsx';
import styles from './trader.module.css';

const c = pick(styles);
const route = getRouteApi('/signed-in/traders/$address');
const CHANGE_ROWS = 30;
/** Positions are asked for again at most this often while changes come, ms. */
const REFRESH_MS = 1_000;

const EXPLORERS = {
  mainnet: 'https://app.hyperliquid.xyz/explorer/address/',
  testnet: 'https://app.hyperliquid-testnet.xyz/explorer/address/',
} as const;

/** The account on the exchange's own site; a simulated account is nowhere else. */
function LinkOut({ address }: { readonly address: string }) {
  const mode = useMode();
  if (mode !== 'mainnet' && mode !== 'testnet') return null;
  return (
    <a className={c('out')} href={`${EXPLORERS[mode]}${address}`} target="_blank" rel="noreferrer">
      Explorer <Icon name="external" size={14} />
      <span className="hidden-text">, opens in a new tab</span>
    </a>
  );
}

const Title = ({
  address,
  trader,
}: {
  readonly address: string;
  readonly trader: TraderDetail | undefined;
}) => (
  <span className={c('title')}>
    <span data-tip={address}>{shortAddress(address)}</span>
    <CopyAddress address={address} />
    {trader === undefined ? null : <WatchStar address={address} watched={trader.watched} />}
  </span>
);

/** Asks for the positions again soon after a change, however many come, and after a gap in the feed. */
function useFreshPositions(address: string, newest: PositionChange | undefined) {
  const queries = useQueryClient();
  const timer = useRef<Timer | null>(null);
  const offset = newest?.offset;
  // A gap makes positions stale without a change of them.
  const gaps = usePart(latestStats, (sample) => sample?.stats.feed.gapsLastDay);
  useEffect(() => {
    if ((offset === undefined && gaps === undefined) || timer.current !== null) return;
    timer.current = browserClock.after(REFRESH_MS, () => {
      timer.current = null;
      void queries.invalidateQueries({ queryKey: positionsQuery(address).queryKey });
    });
  }, [offset, gaps, address, queries]);
  useEffect(() => () => timer.current?.cancel(), []);
  return useQuery(positionsQuery(address));
}

/** Times of changes for the heat map: the history first, then what came since. */
function useActivity(address: string, live: readonly PositionChange[] | null) {
  const history = useQuery(traderEventsQuery(address)).data?.items;
  return useMemo(() => {
    const seen = new Map<string, number>();
    for (const change of [...(history ?? []), ...(live ?? [])]) {
      seen.set(`${change.epoch}:${change.offset}`, change.exchangeTime);
    }
    return activityMap([...seen.values()]);
  }, [history, live]);
}

function Known({ address, trader }: { readonly address: string; readonly trader: TraderDetail }) {
  const filter = useMemo(() => ({ trader: address }), [address]);
  const feed = useChangeFeed(filter);
  const positions = useFreshPositions(address, feed.changes?.[0]);
  const activity = useActivity(address, feed.changes);
  const items = positions.data?.items;
  const mix = useMemo(() => (items === undefined ? null : coinMix(items)), [items]);
  return (
    <div className={c('stack')}>
      <Facts trader={trader} />
      <RankingCard address={address} />
      <FollowerCard address={address} />
      <Record address={address} />
      <PositionsCard positions={positions} />
      <div className={c('columns')}>
        <AccountValueCard address={address} />
        <div className={c('stack')}>
          <CoinMixCard mix={mix} />
          <ActivityCard map={activity} />
        </div>
      </div>
      <Card title="Position changes" note="newest first">
        <NotLive reason={feed.refused} />
        {feed.changes === null && feed.refused !== null ? null : <Changes changes={feed.changes} />}
      </Card>
    </div>
  );
}

/** The record behind the ranking, over all of it. */
function Record({ address }: { readonly address: string }) {
  const { data } = useQuery(explainQuery(address, '90d'));
  if (data === undefined || data.history.state === 'none') return null;
  return (
    <>
      {data.entity === null ? null : <EntityCard entity={data.entity} />}
      <RecordCards explained={data} />
    </>
  );
}

function Changes({ changes }: { readonly changes: readonly PositionChange[] | null }) {
  if (changes === null) return <Skeleton lines={6} label="Loading position changes" />;
  if (changes.length === 0) return <Empty title="No position change seen yet" />;
  return <ChangesTable changes={changes.slice(0, CHANGE_ROWS)} />;
}

export function Trader() {
  const { address } = route.useParams();
  const trader = useQuery(traderQuery(address));
  const unknown = trader.error instanceof RequestError && trader.error.code === 'NOT_FOUND';
  return (
    <>
      <PageHead
        title={shortAddress(address)}
        heading={<Title address={address} trader={trader.data} />}
        actions={<LinkOut address={address} />}
      />
      {unknown ? (
        <Empty title="This address has not been seen trading" action={<Link to="/traders">All traders</Link>}>
          It appears with its first trade.
        </Empty>
      ) : null}
      {trader.error !== null && !unknown ? (
        <Failure what="This trader" error={trader.error} retry={() => void trader.refetch()} />
      ) : null}
      {trader.data === undefined && trader.error === null ? (
        <Skeleton lines={8} label="Loading the trader" />
      ) : null}
      {trader.data === undefined ? null : <Known key={address} address={address} trader={trader.data} />}
    </>
  );
}
