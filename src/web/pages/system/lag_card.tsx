import { useEffect, useRef } from 'react';
import type { Figures } from '../../../contract/system.ts';
import { browserClock } from '../../browser.ts';
import { ArrivalLag } from '../../live/arrival_lag.ts';
import { client, latestStats } from '../../live/feed.ts';
import { Card } from '../../ui/card.tsx';
import type { FigureValue } from '../../ui/figure.ts';
import { Num } from '../../ui/num.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { useTick } from '../../ui/ticker.ts';

/** Follows all changes while the page is open, to see when they come. */
function useArrivalLag() {
  const lag = useRef(new ArrivalLag());
  useTick();
  useEffect(() => {
    const look = () => {
      const sample = latestStats.get();
      if (sample !== null) lag.current.clock(sample.stats.serverTime, sample.receivedAt);
    };
    look();
    const unwatch = latestStats.watch(look);
    const unfollow = client.follow(
      {},
      {
        onSnapshot: () => undefined,
        onChanges: (message) => lag.current.arrived(message.items, browserClock.monotonic()),
      },
    );
    return () => {
      unwatch();
      unfollow();
    };
  }, []);
  return lag.current.quantiles();
}

const Row = ({
  name,
  tip,
  p50,
  p99,
}: {
  readonly name: string;
  readonly tip: string;
  readonly p50: FigureValue;
  readonly p99: FigureValue;
}) => (
  <tr>
    <th scope="row" data-tip={tip}>
      {name}
    </th>
    <td className={t('right')}>
      <Num value={p50} kind="milliseconds" reason={NONE} />
    </td>
    <td className={t('right')}>
      <Num value={p99} kind="milliseconds" reason={NONE} />
    </td>
  </tr>
);

const NONE = 'no position change has come since this page was opened';

/** The way of a trade: exchange, our commit, the frame of the update stream, this browser. */
export function LagCard({ lag }: { readonly lag: Figures['lag'] }) {
  const here = useArrivalLag();
  const { exchange, commit } = here ?? { exchange: null, commit: null };
  return (
    <Card title="Delay" note="last 5 minutes">
      <TableWrap label="Table of delays">
        <thead>
          <tr>
            <th scope="col">From, to</th>
            <th scope="col" className={t('right')}>
              p50
            </th>
            <th scope="col" className={t('right')}>
              p99
            </th>
          </tr>
        </thead>
        <tbody>
          <Row
            name="Exchange to commit"
            tip="A trade's exchange time to its commit here; both clocks matter"
            {...lag.commit}
          />
          <Row name="Commit to frame" tip="To the frame of the API's update streams" {...lag.send} />
          <Row name="Exchange to frame" tip="The two together, for position changes" {...lag.total} />
          <Row
            name="Commit to this browser"
            tip="Newest 1,000 changes; a network delay that every frame has is not in it"
            p50={commit?.p50 ?? null}
            p99={commit?.p99 ?? null}
          />
          <Row
            name="Exchange to this browser"
            tip="Newest 1,000 changes; a network delay that every frame has is not in it"
            p50={exchange?.p50 ?? null}
            p99={exchange?.p99 ?? null}
          />
        </tbody>
      </TableWrap>
    </Card>
  );
}
