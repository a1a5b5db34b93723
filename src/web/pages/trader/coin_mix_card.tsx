import { Direction } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './activity_card.module.css';
import type { CoinMix, CoinShare } from './coin_mix.ts';

const c = pick(styles);
const ROWS = 8;

const Share = ({ share }: { readonly share: CoinShare }) => (
  <li className={c('share')}>
    <span className={c('coin')}>
      <Direction long={share.long} label={share.coin} />
      <span className="hidden-text">{share.long ? ' long' : ' short'}</span>
    </span>
    <svg className={c('bar')} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className={c('track')} width="100" height="8" />
      <rect className={c(share.long ? 'long' : 'short')} width={share.share * 100} height="8" />
    </svg>
    <span className={c('right')}>
      <Num value={share.notionalUsd.toFixed(2)} kind="usd-compact" />
    </span>
    <span className={c('right')}>
      <Num value={share.share} kind="percent" />
    </span>
  </li>
);

/** Where the open positions lie, at their entry prices. */
export function CoinMixCard({ mix }: { readonly mix: CoinMix | null }) {
  if (mix === null) {
    return (
      <Card title="Coin mix">
        <Skeleton lines={4} label="Loading the coin mix" />
      </Card>
    );
  }
  const rest = mix.shares.length - ROWS;
  const unknown = mix.unknown === 0 ? '' : `; ${mix.unknown} without a known entry price left out`;
  return (
    <Card title="Coin mix" note={`open positions at entry price${unknown}`}>
      {mix.shares.length === 0 ? (
        <Empty title="Nothing open" />
      ) : (
        <ul className={c('mix')}>
          {mix.shares.slice(0, ROWS).map((share) => (
            <Share key={share.coin} share={share} />
          ))}
          {rest > 0 ? <li className={c('faint')}>and {rest} more</li> : null}
        </ul>
      )}
    </Card>
  );
}
