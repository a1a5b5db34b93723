import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import { AddressLink } from '../../ui/address.tsx';
import { Card } from '../../ui/card.tsx';
import { Num } from '../../ui/num.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';

type Entity = NonNullable<LeaderboardExplanation['entity']>;
const COINS = 8;

const LINKS: Readonly<Record<string, string>> = {
  subAccount: 'sub-account',
  vaultLeader: 'leads a vault',
  transfer: 'money moved between them',
  twin: 'does the opposite in the same minute',
  ring: 'they trade with each other',
};

const Members = ({ entity }: { readonly entity: Entity }) => (
  <TableWrap label="Wallets of the owner">
    <thead>
      <tr>
        <th scope="col">Wallet</th>
        <th scope="col">Why</th>
        <th scope="col" className={t('right')}>
          Open, USD
        </th>
        <th scope="col" className={t('right')}>
          Net PnL, USD
        </th>
      </tr>
    </thead>
    <tbody>
      {entity.members.map((member) => (
        <tr key={member.address}>
          <th scope="row">
            <AddressLink address={member.address} />
          </th>
          <td>{member.links.map((link) => LINKS[link] ?? link).join(', ')}</td>
          <td className={t('right')}>
            <Num value={member.grossUsd.toFixed(2)} kind="usd" />
          </td>
          <td className={t('right')}>
            <Num
              value={member.netPnlUsd === null ? null : member.netPnlUsd.toFixed(2)}
              kind="pnl"
              tone
              reason="its history has not been read"
            />
          </td>
        </tr>
      ))}
      <tr>
        <th scope="row">Together</th>
        <td />
        <td className={t('right')}>
          <Num value={entity.members.reduce((sum, one) => sum + one.grossUsd, 0).toFixed(2)} kind="usd" />
        </td>
        <td className={t('right')}>
          <Num
            value={entity.netPnlUsd === null ? null : entity.netPnlUsd.toFixed(2)}
            kind="pnl"
            tone
            reason="no history has been read"
          />
        </td>
      </tr>
    </tbody>
  </TableWrap>
);

/** Wallets that are taken for one owner's, and what they hold and earned together. */
export function EntityCard({ entity }: { readonly entity: Entity }) {
  const hedged =
    entity.oneSided === null ? 'nothing is open' : `${Math.round(100 * entity.oneSided)} % of it one-sided`;
  return (
    <Card title="Taken for one owner" note={`exposure at entry prices, ${hedged}`}>
      <Members entity={entity} />
      {entity.net.length === 0 ? null : (
        <TableWrap label="Exposure of the owner by coin">
          <thead>
            <tr>
              <th scope="col">Coin</th>
              <th scope="col" className={t('right')}>
                Net, USD
              </th>
              <th scope="col" className={t('right')}>
                Gross, USD
              </th>
            </tr>
          </thead>
          <tbody>
            {entity.net.slice(0, COINS).map((one) => (
              <tr key={`${one.dex}:${one.coin}`}>
                <th scope="row">{one.dex === '' ? one.coin : `${one.dex}:${one.coin}`}</th>
                <td className={t('right')}>
                  <Num value={one.netUsd.toFixed(2)} kind="pnl" />
                </td>
                <td className={t('right')}>
                  <Num value={one.grossUsd.toFixed(2)} kind="usd" />
                </td>
              </tr>
            ))}
          </tbody>
        </TableWrap>
      )}
    </Card>
  );
}
