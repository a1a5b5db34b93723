import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Trade } from '../../../contract/trades.ts';
import { recentTradesQuery } from '../../api/queries.ts';
import { addToTape, client, tape } from '../../live/feed.ts';
import { useStore } from '../../live/store.ts';
import { AddressLink } from '../../ui/address.tsx';
import { Direction } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { PriceNum, SizeNum } from '../../ui/coin_num.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';

const ROWS = 20;
/** Shares of the columns: they stand still whatever the figures do. */
const WIDTHS = ['10.2%', '13%', '8.5%', '11%', '13.3%', '13%', '15%', '16%'];

const TradeRow = ({ trade }: { readonly trade: Trade }) => (
  <tr>
    <td className={t('second')}>
      <When at={trade.time} clock />
    </td>
    <th scope="row" className={t('strong')}>
      {trade.coin}
    </th>
    <td>
      <Direction long={trade.side === 'buy'} label={trade.side === 'buy' ? 'Buy' : 'Sell'} />
    </td>
    <td className={t('right')}>
      <PriceNum coin={trade.coin} value={trade.price} />
    </td>
    <td className={t('right', 'wide')}>
      <SizeNum coin={trade.coin} value={trade.size} />
    </td>
    <td className={t('right')}>
      <Num value={trade.notionalUsd} kind="usd" />
    </td>
    <td className={t('wide')}>
      <AddressLink address={trade.buyer} />
    </td>
    <td className={t('wide')}>
      <AddressLink address={trade.seller} />
    </td>
  </tr>
);

/** The newest public trades as they are committed. */
export function LiveTape() {
  const recent = useQuery(recentTradesQuery(ROWS));
  const { trades, skipped } = useStore(tape);
  useEffect(() => client.subscribe('trades'), []);
  useEffect(() => {
    const items = recent.data?.items;
    if (items !== undefined) tape.set(addToTape(tape.get(), [...items].reverse(), 0));
  }, [recent.data]);
  const note = skipped > 0 ? `${skipped.toLocaleString('en-US')} left out of this view` : 'newest first';
  return (
    <Card title="Trades" note={note}>
      {trades.length > 0 ? (
        <TableWrap label="Newest trades" widths={WIDTHS}>
          <thead>
            <tr>
              <th scope="col">UTC</th>
              <th scope="col">Coin</th>
              <th scope="col">Taker</th>
              <th scope="col" className={t('right')}>
                Price
              </th>
              <th scope="col" className={t('right', 'wide')}>
                Size
              </th>
              <th scope="col" className={t('right')}>
                Notional
              </th>
              <th scope="col" className={t('wide')}>
                Buyer
              </th>
              <th scope="col" className={t('wide')}>
                Seller
              </th>
            </tr>
          </thead>
          <tbody>
            {trades.slice(0, ROWS).map((trade) => (
              <TradeRow key={`${trade.coin}:${trade.time}:${trade.tradeId}`} trade={trade} />
            ))}
          </tbody>
        </TableWrap>
      ) : recent.error !== null ? (
        <Failure what="The newest trades" error={recent.error} retry={() => void recent.refetch()} />
      ) : recent.isPending ? (
        <Skeleton lines={10} label="Loading trades" />
      ) : (
        <Empty title="No trades yet">They appear here within a second of the exchange.</Empty>
      )}
    </Card>
  );
}
