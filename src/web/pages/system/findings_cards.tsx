import type { Drift, FeedGap } from '../../../contract/system.ts';
import { formatDuration } from '../../format/number.ts';
import { AddressLink } from '../../ui/address.tsx';
import { Card } from '../../ui/card.tsx';
import { SizeNum } from '../../ui/coin_num.tsx';
import { Empty } from '../../ui/notice.tsx';
import { KnownBadge } from '../../ui/position_badges.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';

const ROWS = 10;

/** Spans in which trades may be missing. */
export const GapsCard = ({ gaps }: { readonly gaps: readonly FeedGap[] }) => (
  <Card title="Feed gaps" note={gaps.length > ROWS ? `newest ${ROWS}` : 'newest first'}>
    {gaps.length === 0 ? (
      <Empty title="No gap recorded" />
    ) : (
      <TableWrap label="Table of feed gaps">
        <thead>
          <tr>
            <th scope="col">Coin</th>
            <th scope="col" className={t('right')}>
              From
            </th>
            <th scope="col" className={t('right')}>
              Length
            </th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {gaps.slice(0, ROWS).map((gap) => (
            <tr key={`${gap.coin}/${gap.from}/${gap.recordedAt}`}>
              <th scope="row" className={t('strong')}>
                {gap.coin}
              </th>
              <td className={t('right')}>
                <When at={gap.from} />
              </td>
              <td className={t('right')}>{formatDuration(gap.to - gap.from)}</td>
              <td className={t('second', 'text')}>{gap.reason}</td>
            </tr>
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);

/** Positions of ours that an audit found different from the exchange's. */
export const DriftCard = ({ drift }: { readonly drift: readonly Drift[] }) => (
  <Card title="Drift" note={drift.length > ROWS ? `newest ${ROWS}` : 'newest first'}>
    {drift.length === 0 ? (
      <Empty title="Every audit has agreed" />
    ) : (
      <TableWrap label="Table of drift">
        <thead>
          <tr>
            <th scope="col">Trader</th>
            <th scope="col">Coin</th>
            <th scope="col" className={t('right')}>
              Ours
            </th>
            <th scope="col" className={t('right')}>
              Exchange
            </th>
            <th scope="col" className={t('wide')}>
              Was
            </th>
            <th scope="col">Cause</th>
            <th scope="col" className={t('right', 'wide')}>
              At
            </th>
          </tr>
        </thead>
        <tbody>
          {drift.slice(0, ROWS).map((one) => (
            <tr key={`${one.trader}/${one.coin}/${one.recordedAt}`}>
              <td>
                <AddressLink address={one.trader} />
              </td>
              <th scope="row" className={t('strong')}>
                {one.coin}
              </th>
              <td className={t('right')}>
                <SizeNum coin={one.coin} value={one.bookSize} />
              </td>
              <td className={t('right')}>
                <SizeNum coin={one.coin} value={one.venueSize} />
              </td>
              <td className={t('wide')}>
                <KnownBadge known={one.known} />
              </td>
              <td className={t('second')}>{one.cause.replaceAll('_', ' ')}</td>
              <td className={t('right', 'wide', 'second')}>
                <When at={one.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);
