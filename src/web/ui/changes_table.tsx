import type { PositionChange } from '../../contract/positions.ts';
import { AddressLink } from './address.tsx';
import { Num } from './num.tsx';
import { ChangeWord, KnownBadge } from './position_badges.tsx';
import { tableClass as t } from './table.ts';
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
      <Num value={change.sizeBefore} kind="size" />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={change.sizeAfter} kind="size" />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={change.price} kind="price" reason={NO_PRICE} />
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

/** Position changes, newest first. `trader` shows whose. */
export function ChangesTable({
  changes,
  trader = false,
}: {
  readonly changes: readonly PositionChange[];
  readonly trader?: boolean;
}) {
  return (
    <div className={t('wrap')}>
      <table className={t('table')}>
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
      </table>
    </div>
  );
}
