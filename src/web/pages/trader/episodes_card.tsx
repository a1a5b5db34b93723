import { useState } from 'react';
import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import { Direction } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';
import styles from './record_cards.module.css';

const c = pick(styles);
const FEW = 15;

type Episode = LeaderboardExplanation['episodes'][number];

const FAULTS: Readonly<Record<string, string>> = {
  carried: 'opened before the record',
  gap: 'trades are missing in it',
  mismatch: 'the exchange states another PnL',
};

const Row = ({ episode }: { readonly episode: Episode }) => (
  <tr>
    <th scope="row">
      <Direction
        long={episode.long}
        label={episode.dex === '' ? episode.coin : `${episode.dex}:${episode.coin}`}
      />
      <span className="hidden-text">{episode.long ? ' long' : ' short'}</span>
    </th>
    <td>
      <When at={episode.closeTime} />
    </td>
    <td className={t('right')}>
      <Num value={episode.closeTime - episode.openTime} kind="duration" />
    </td>
    <td className={t('right')}>
      <Num value={episode.entryUsd.toFixed(2)} kind="usd" />
    </td>
    <td className={t('right')}>
      <Num value={episode.netUsd.toFixed(2)} kind="pnl" tone />
    </td>
    <td className={t('right')}>
      <Num value={episode.feesUsd.toFixed(2)} kind="usd" />
    </td>
    <td className={t('right')}>
      <Num value={episode.fundingUsd.toFixed(2)} kind="pnl" />
    </td>
    <td className={t('right')}>
      <Num value={episode.adds} kind="count" />
    </td>
    <td className={c('faint')}>
      {episode.liquidated ? 'liquidated' : ''}
      {episode.fault === null ? '' : `not counted: ${FAULTS[episode.fault] ?? episode.fault}`}
    </td>
  </tr>
);

/** Closed positions, newest first. */
export function EpisodesCard({ episodes }: { readonly episodes: readonly Episode[] }) {
  const [all, setAll] = useState(false);
  const more = episodes.length - FEW;
  return (
    <Card title="Closed positions" note="newest first, net of fees and funding">
      <TableWrap label="Table of closed positions">
        <thead>
          <tr>
            <th scope="col">Coin</th>
            <th scope="col">Closed</th>
            {['Held', 'Entered', 'Net', 'Fees', 'Funding', 'Adds'].map((name) => (
              <th key={name} scope="col" className={t('right')}>
                {name}
              </th>
            ))}
            <th scope="col">Note</th>
          </tr>
        </thead>
        <tbody>
          {(all ? episodes : episodes.slice(0, FEW)).map((episode) => (
            <Row
              key={`${episode.dex}:${episode.coin} ${episode.openTime} ${episode.closeTime} ${episode.netUsd}`}
              episode={episode}
            />
          ))}
        </tbody>
      </TableWrap>
      {more > 0 ? (
        <p className={c('note')}>
          <Button small look="quiet" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `${more} more`}
          </Button>
        </p>
      ) : null}
    </Card>
  );
}
