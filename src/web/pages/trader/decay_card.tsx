import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import { DelayFigure, delayText } from '../../charts/delay_figure.tsx';
import { formatDuration, formatNumber } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { pick } from '../../ui/pick.ts';
import { delayRows, type MeasuredDelay, measuredDelays } from './decay_shapes.ts';
import styles from './record_cards.module.css';

const c = pick(styles);
const bps = (value: number): string => formatNumber(value, 'bps').text;
const NONE = '\u2014';

type Explained = Pick<LeaderboardExplanation, 'decay' | 'measuredDecay'>;

function modelledText(decay: Explained['decay']): string {
  const even = decay.find((point) => point.netBp <= 0);
  const first = decay[0];
  if (first === undefined || first.netBp <= 0)
    return 'A follower keeps nothing after costs, however fast the copy.';
  return even === undefined
    ? 'A follower keeps something even ten minutes late.'
    : `Nothing is left for a copy that comes ${formatDuration(even.delayMs)} late.`;
}

/** What was measured last, in words; or why nothing was. */
function measuredText(measured: readonly MeasuredDelay[]): string {
  const last = measured.at(-1);
  if (last === undefined)
    return 'Not measured: no trade of these coins is kept that followed a change of this trader.';
  const whose = last.driftBp >= 0 ? "the trader's way" : 'against the trader';
  return `Measured: within ${delayText(last.delayMs)} the price ran ${Math.abs(last.driftBp).toFixed(1)} bps a round trip ${whose} (${last.n} changes).`;
}

/** What a follower keeps by how late the copy comes. */
export function DecayCard({ explained }: { readonly explained: Explained }) {
  const measured = measuredDelays(explained);
  const table = () => ({
    head: ['Delay', 'Kept, modelled', 'Kept, measured', 'Price ran', 'Changes'],
    rows: delayRows(explained).map(({ delayMs, modelledBp, measured: one }) => [
      delayText(delayMs),
      modelledBp === null ? NONE : bps(modelledBp),
      one === null ? NONE : bps(one.value),
      one === null ? NONE : bps(one.driftBp),
      one === null ? NONE : one.n,
    ]),
  });
  return (
    <Card title="Decay with delay" note="of each unit traded, after costs">
      <DelayFigure
        caption={modelledText(explained.decay)}
        line={{
          name: 'Kept by a follower, modelled from the hold time',
          points: explained.decay.map(({ delayMs, netBp }) => ({ delayMs, value: netBp })),
        }}
        dots={{
          name: 'As the price ran, measured',
          fewName: 'Measured on fewer than 30 changes',
          points: measured,
        }}
        write={bps}
        table={table}
      />
      <p className={c('note')}>{measuredText(measured)}</p>
    </Card>
  );
}
