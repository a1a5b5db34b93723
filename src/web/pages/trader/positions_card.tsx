import type { UseQueryResult } from '@tanstack/react-query';
import type { TraderPositions } from '../../../contract/events.ts';
import type { Position } from '../../../contract/positions.ts';
import { Card } from '../../ui/card.tsx';
import { PriceNum, SizeNum } from '../../ui/coin_num.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { KnownBadge, PositionSide } from '../../ui/position_badges.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';

const Row = ({ position }: { readonly position: Position }) => (
  <tr>
    <th scope="row" className={t('strong')}>
      {position.coin}
    </th>
    <td>
      <PositionSide size={position.size} />
    </td>
    <td className={t('right')}>
      <SizeNum coin={position.coin} value={position.size.replace(/^-/, '')} />
    </td>
    <td className={t('right')}>
      <PriceNum coin={position.coin} value={position.entryPrice} average />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={position.realisedPnlUsd} kind="pnl" tone />
    </td>
    <td>
      <KnownBadge known={position.known} />
    </td>
    <td className={t('right', 'wide', 'second')}>
      <When at={position.verifiedAt} never="not yet" />
    </td>
    <td className={t('right', 'wide', 'second')}>
      <When at={position.openedAt} never="before our time" />
    </td>
    <td className={t('right', 'wide', 'second')}>
      <When at={position.changedAt} />
    </td>
  </tr>
);

const PositionRows = ({ positions }: { readonly positions: readonly Position[] }) => (
  <TableWrap label="Table of open positions">
    <thead>
      <tr>
        <th scope="col">Coin</th>
        <th scope="col">Side</th>
        <th scope="col" className={t('right')}>
          Size
        </th>
        <th scope="col" className={t('right')}>
          Entry avg
        </th>
        <th scope="col" className={t('right', 'wide')} data-tip="Of this episode, before fees">
          Realised PnL
        </th>
        <th scope="col">Known</th>
        <th scope="col" className={t('right', 'wide')} data-tip="Last audit that agreed with the exchange">
          Last audit
        </th>
        <th scope="col" className={t('right', 'wide')}>
          Opened
        </th>
        <th scope="col" className={t('right', 'wide')}>
          Changed
        </th>
      </tr>
    </thead>
    <tbody>
      {positions.map((position) => (
        <Row key={position.coin} position={position} />
      ))}
    </tbody>
  </TableWrap>
);

/** Open positions, each with how it is known. */
export function PositionsCard({ positions }: { readonly positions: UseQueryResult<TraderPositions> }) {
  const items = positions.data?.items;
  return (
    <Card title="Open positions" note={items === undefined ? undefined : `${items.length}`}>
      {positions.error !== null && items === undefined ? (
        <Failure what="The positions" error={positions.error} retry={() => void positions.refetch()} />
      ) : null}
      {items === undefined && positions.error === null ? (
        <Skeleton lines={4} label="Loading positions" />
      ) : null}
      {items?.length === 0 ? (
        <Empty title="No open position known">Trades of this trader open them here within a second.</Empty>
      ) : null}
      {items !== undefined && items.length > 0 ? <PositionRows positions={items} /> : null}
    </Card>
  );
}
