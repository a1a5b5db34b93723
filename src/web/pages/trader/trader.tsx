import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { TraderDetail } from '../../../contract/traders.ts';
import { traderQuery } from '../../api/queries.ts';
import { RequestError } from '../../api/request.ts';
import { PageHead } from '../../app/page_head.tsx';
import { shortAddress } from '../../format/address.ts';
import { CopyAddress } from '../../ui/address.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { When } from '../../ui/when.tsx';
import styles from './trader.module.css';

const c = pick(styles);
const route = getRouteApi('/signed-in/traders/$address');

const Facts = ({ trader }: { readonly trader: TraderDetail }) => (
  <dl className={c('facts')}>
    <div>
      <dt>Notional traded</dt>
      <dd>
        <Num value={trader.notionalUsd} kind="usd-compact" cue />
      </dd>
    </div>
    <div>
      <dt>Trades seen</dt>
      <dd>
        <Num value={trader.tradeCount} kind="count" cue />
      </dd>
    </div>
    <div>
      <dt>First seen</dt>
      <dd>
        <When at={trader.firstSeenAt} />
      </dd>
    </div>
    <div>
      <dt>Last seen</dt>
      <dd>
        <When at={trader.lastSeenAt} />
      </dd>
    </div>
    <div>
      <dt>Last audit</dt>
      <dd>
        <When at={trader.lastTrackedAt} never="not yet" />
      </dd>
    </div>
  </dl>
);

const Coins = ({ coins }: { readonly coins: readonly string[] }) => (
  <Card title="Coins traded" note={`${coins.length}`}>
    <ul className={c('coins')}>
      {coins.map((coin) => (
        <li key={coin} className={c('coin')}>
          {coin}
        </li>
      ))}
    </ul>
  </Card>
);

export function Trader() {
  const { address } = route.useParams();
  const trader = useQuery(traderQuery(address));
  const unknown = trader.error instanceof RequestError && trader.error.code === 'NOT_FOUND';
  return (
    <>
      <PageHead
        title={shortAddress(address)}
        heading={
          <span className={c('title')}>
            <span data-tip={address}>{shortAddress(address)}</span>
            <CopyAddress address={address} />
          </span>
        }
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
      {trader.data === undefined ? null : (
        <>
          <Facts trader={trader.data} />
          <Coins coins={trader.data.coins} />
        </>
      )}
    </>
  );
}
