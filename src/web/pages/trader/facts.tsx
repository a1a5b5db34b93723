import type { TraderDetail } from '../../../contract/traders.ts';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { When } from '../../ui/when.tsx';
import styles from './trader.module.css';

const c = pick(styles);
const COINS_NAMED = 6;

/** What we have seen of a trader, in one line of figures. */
export function Facts({ trader }: { readonly trader: TraderDetail }) {
  // Traded while we listened, or held by what an audit found: a position may be older than we are.
  const count = Math.max(trader.coinCount, trader.coins.length);
  const more = count - Math.min(COINS_NAMED, trader.coins.length);
  const coins = trader.coins.slice(0, COINS_NAMED).join(', ');
  return (
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
        <dt>Coins</dt>
        <dd data-tip={trader.coins.join(', ')}>
          <Num value={count} kind="count" />
        </dd>
        <dd className={c('below')}>
          {coins}
          {more > 0 ? ` +${more}` : ''}
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
}
