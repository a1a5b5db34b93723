import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import { Histogram } from '../../charts/histogram.tsx';
import { LineFigure } from '../../charts/line_figure.tsx';
import { formatNumber } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { DecayCard } from './decay_card.tsx';
import { EpisodesCard } from './episodes_card.tsx';
import styles from './record_cards.module.css';
import { byCoin, type CalendarDay, calendar, growth, holdBins, pnlCurve } from './record_shapes.ts';

const c = pick(styles);
type Explained = LeaderboardExplanation;
const WEEKS = 27;
const COINS = 10;

const usd = (value: number): string => formatNumber(value.toFixed(2), 'pnl').text;
const growthText = (value: number): string => formatNumber(value - 1, 'percent-signed').text;

function PnlCard({ series }: { readonly series: Explained['series'] }) {
  const curve = pnlCurve(series);
  const both = growth(series);
  const last = curve.pnl.at(-1) ?? 0;
  return (
    <Card title="PnL and growth" note="by UTC day, deposits and withdrawals taken out">
      <LineFigure
        caption={`${usd(last)} in ${series.day.length} known days, after fees and funding.`}
        across="Day"
        labels={curve.labels}
        lines={[{ name: 'PnL since the first day', values: curve.pnl }]}
        base={0}
        write={usd}
      />
      <LineFigure
        caption={`The trader ${growthText(both.own.at(-1) ?? 1)}, a follower ${growthText(both.copy.at(-1) ?? 1)} after costs and delay.`}
        across="Day"
        labels={both.labels}
        lines={[
          { name: 'A follower', values: both.copy },
          { name: 'The trader', values: both.own },
        ]}
        base={1}
        write={growthText}
      />
    </Card>
  );
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const lookOf = ({ pnl, step }: CalendarDay) => {
  if (pnl === null) return c('day', 'unknown');
  if (step === 0) return c('day', 'even');
  const size = Math.abs(step) as 1 | 2 | 3;
  return c('day', step > 0 ? (`up${size}` as const) : (`down${size}` as const));
};

const Day = ({ day }: { readonly day: CalendarDay }) => {
  const said = day.pnl === null ? `${day.label}: not known` : `${day.label}: ${usd(day.pnl)}`;
  const glyph = day.pnl === null || day.step === 0 ? '' : day.step > 0 ? '+' : '\u2212';
  return (
    <td className={lookOf(day)} data-tip={said}>
      <span aria-hidden="true">{glyph}</span>
      <span className="hidden-text">{said}</span>
    </td>
  );
};

function CalendarCard({ series }: { readonly series: Explained['series'] }) {
  const weeks = calendar(series, WEEKS);
  return (
    <Card title="PnL calendar" note="darker is larger, against the trader's own days">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={c('scroll')} tabIndex={0} aria-label="Days of the PnL calendar">
        <table className={c('calendar')}>
          <tbody>
            {WEEKDAYS.map((name, index) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {weeks.map((week) => {
                  const day = week[index];
                  return day === undefined ? null : <Day key={day.label} day={day} />;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

function DistributionCard({ episodes }: { readonly episodes: Explained['episodes'] }) {
  const coins = byCoin(episodes);
  return (
    <Card title="Coins and hold times" note={`of the newest ${episodes.length} closed positions`}>
      <Histogram
        bins={holdBins(episodes)}
        caption="How long positions were held."
        head={['Held', 'Closed positions']}
      />
      <TableWrap label="Results by coin">
        <thead>
          <tr>
            <th scope="col">Coin</th>
            <th scope="col" className={t('right')}>
              Closed
            </th>
            <th scope="col" className={t('right')}>
              Won
            </th>
            <th scope="col" className={t('right')}>
              Net, USD
            </th>
          </tr>
        </thead>
        <tbody>
          {coins.slice(0, COINS).map((one) => (
            <tr key={one.coin}>
              <th scope="row">{one.coin}</th>
              <td className={t('right')}>
                <Num value={one.closed} kind="count" />
              </td>
              <td className={t('right')}>
                <Num value={one.won / one.closed} kind="percent" />
              </td>
              <td className={t('right')}>
                <Num value={one.netUsd.toFixed(2)} kind="pnl" tone />
              </td>
            </tr>
          ))}
        </tbody>
      </TableWrap>
      {coins.length > COINS ? <p className={c('note')}>and {coins.length - COINS} more coins</p> : null}
    </Card>
  );
}

/** What the record looks like: curves, calendar, distributions, closed positions. */
export function RecordCards({ explained }: { readonly explained: LeaderboardExplanation }) {
  const { series, episodes, decay } = explained;
  if (series.day.length === 0 && episodes.length === 0) {
    return (
      <Card title="PnL and growth">
        <Empty title="No day of this trader is known yet">
          Days are known once the history has been read and a day has passed.
        </Empty>
      </Card>
    );
  }
  return (
    <>
      <div className={c('pair')}>
        {series.day.length === 0 ? null : <PnlCard series={series} />}
        {series.day.length === 0 ? null : <CalendarCard series={series} />}
        {episodes.length === 0 ? null : <DistributionCard episodes={episodes} />}
        {decay.length === 0 ? null : <DecayCard explained={explained} />}
      </div>
      {episodes.length === 0 ? null : <EpisodesCard episodes={episodes} />}
    </>
  );
}
