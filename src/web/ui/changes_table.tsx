import type { PositionChange } from '../../contract/positions.ts';
import { AddressLink } from './address.tsx';
import { PriceNum, SizeNum } from './coin_num.tsx';
import { Num } from './num.tsx';
import { ChangeWord, KnownBadge } from './position_badges.tsx';
import { usePageWidth } from './screen.ts';
import { tableClass as t } from './table.ts';
import { TableWrap } from './table_wrap.tsx';
import { When } from './when.tsx';

const NO_PRICE = 'an audit corrected the position: no trade was seen';

const Row = ({ change, trader }: { readonly change: PositionChange; readonly trader: boolean }) => (
  <tr>
    <td className={t('second')}>
      <When at={change.exchangeTime} clock />
    </td>
    {trader ? (
      <td>
        <AddressLink address={change.trader} />
      </td>
    ) : null}
    <th scope="row" className={t('strong')}>
      {change.coin}
    </th>
    <td>
      <ChangeWord kind={change.kind} sizeBefore={change.sizeBefore} sizeAfter={change.sizeAfter} />
    </td>
    <td className={t('right', 'wide', 'second')}>
      <SizeNum coin={change.coin} value={change.sizeBefore} />
    </td>
    <td className={t('right', 'wide')}>
      <SizeNum coin={change.coin} value={change.sizeAfter} />
    </td>
    <td className={t('right', 'wide')}>
      <PriceNum coin={change.coin} value={change.price} average reason={NO_PRICE} />
    </td>
    <td className={t('right')}>
      <Num value={change.notionalUsd} kind="usd" reason={NO_PRICE} />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={change.realisedPnlUsd} kind="pnl" tone />
    </td>
    <td className={t('wide')}>
      <KnownBadge known={change.known} />
    </td>
    <td className={t('right', 'wide', 'second')}>
      <Num value={Math.max(0, change.committedAt - change.exchangeTime)} kind="milliseconds" />
    </td>
  </tr>
);

/** Two lines a change, for phones: what does not fit is on the trader's page. */
const CompactRow = ({ change, trader }: { readonly change: PositionChange; readonly trader: boolean }) => (
  <tr>
    <td className={t('two')}>
      {trader ? <AddressLink address={change.trader} /> : <KnownBadge known={change.known} />}
      <span className={t('second', 'line')}>
        <When at={change.exchangeTime} clock />
      </span>
    </td>
    <th scope="row" className={t('two')}>
      <span className={t('strong', 'line')}>{change.coin}</span>
      <ChangeWord kind={change.kind} sizeBefore={change.sizeBefore} sizeAfter={change.sizeAfter} />
    </th>
    <td className={t('two', 'right')}>
      <span className={t('line')}>
        <Num value={change.notionalUsd} kind="usd" reason={NO_PRICE} />
      </span>
      <Num value={change.realisedPnlUsd} kind="pnl" tone />
    </td>
  </tr>
);

const CompactTable = ({ changes, trader }: ChangesTableProps) => (
  <TableWrap label="Table of position changes">
    <thead>
      <tr>
        <th scope="col">{trader ? 'Trader, UTC' : 'Known, UTC'}</th>
        <th scope="col">Coin, change</th>
        <th scope="col" className={t('right')}>
          Notional, PnL
        </th>
      </tr>
    </thead>
    <tbody>
      {changes.map((change) => (
        <CompactRow key={`${change.epoch}:${change.offset}`} change={change} trader={trader ?? false} />
      ))}
    </tbody>
  </TableWrap>
);

/** Shares of the columns: they stand still whatever the figures do. */
const WIDTHS = ['7%', '11%', '8%', '11%', '9%', '9%', '8%', '9%', '9%', '11%', '8%'];
const OWN_WIDTHS = ['8%', '9%', '13%', '10.5%', '10.5%', '9%', '11%', '10%', '11%', '8%'];
/** Below it the longest figures ("6,331 ms", "quarantined") would be cut, px. */
const LEAST_WIDTH = 1_200;
const OWN_LEAST_WIDTH = 1_080;

interface ChangesTableProps {
  readonly changes: readonly PositionChange[];
  /** Show whose they are. */
  readonly trader?: boolean;
}

/** Position changes, newest first. */
export function ChangesTable({ changes, trader = false }: ChangesTableProps) {
  const narrow = usePageWidth() < 640;
  if (narrow) return <CompactTable changes={changes} trader={trader} />;
  return (
    <TableWrap
      label="Table of position changes"
      widths={trader ? WIDTHS : OWN_WIDTHS}
      least={trader ? LEAST_WIDTH : OWN_LEAST_WIDTH}
    >
      <thead>
        <tr>
          <th scope="col">UTC</th>
          {trader ? <th scope="col">Trader</th> : null}
          <th scope="col">Coin</th>
          <th scope="col">Change</th>
          <th scope="col" className={t('right', 'wide')}>
            Before
          </th>
          <th scope="col" className={t('right', 'wide')}>
            After
          </th>
          <th scope="col" className={t('right', 'wide')}>
            Price avg
          </th>
          <th scope="col" className={t('right')}>
            Notional
          </th>
          <th scope="col" className={t('right', 'wide')}>
            Realised PnL
          </th>
          <th scope="col" className={t('wide')}>
            Known
          </th>
          <th scope="col" className={t('right', 'wide')} data-tip="From the exchange's time to our commit">
            Delay
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <Row key={`${change.epoch}:${change.offset}`} change={change} trader={trader} />
        ))}
      </tbody>
    </TableWrap>
  );
}
