import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { LeaderboardExplanation } from '../../../contract/leaderboard.ts';
import { explainQuery } from '../../api/leaderboard.ts';
import { delayText, TermsDialog } from '../../app/my_terms.tsx';
import { rememberedTerms } from '../../app/own_terms.ts';
import { LineFigure } from '../../charts/line_figure.tsx';
import { formatNumber } from '../../format/number.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './follower_card.module.css';
import { absentText } from './metric_looks.ts';

const c = pick(styles);
type Follower = NonNullable<LeaderboardExplanation['follower']>;
type Metrics = LeaderboardExplanation['metrics'];

const usd = (value: number): string => formatNumber(value.toFixed(2), 'usd-compact').text;
const percent = (value: number): string => formatNumber(value, 'percent').text;

const Figure = ({
  name,
  meaning,
  below,
  children,
}: {
  readonly name: string;
  readonly meaning: string;
  readonly below?: string | undefined;
  readonly children: ReactNode;
}) => (
  <div>
    <dt data-tip={meaning}>{name}</dt>
    <dd>{children}</dd>
    {below === undefined ? null : <dd className={c('below')}>{below}</dd>}
  </div>
);

/** How large the copy is, and what it takes. */
const Size = ({ follower, metrics }: { readonly follower: Follower; readonly metrics: Metrics }) => {
  const { equityUsd, scale, reproduced } = follower;
  const [least, most] = [metrics['minCapital'], metrics['maxCapital']];
  const short = typeof least?.value === 'number' && least.value > equityUsd;
  const over = typeof most?.value === 'number' && most.value < equityUsd;
  return (
    <>
      <Figure name="Scale" meaning="Your equity over the trader's: how large your positions are beside these">
        <Num value={scale} kind="percent" reason="the trader's account value is not known" />
      </Figure>
      <Figure
        name="Reproduced"
        meaning="Part of what it holds that your equity can hold, after lot sizes and the $10 minimum"
      >
        <Num value={reproduced} kind="percent" reason="no position has been seen yet" />
      </Figure>
      <Figure
        name="Least capital"
        meaning="From which 95 % of what it holds can be held, after lot sizes and the $10 minimum"
        below={short ? 'more than you have' : undefined}
      >
        <Num value={least?.value ?? null} kind="usd" reason={absentText(least?.absent ?? null)} />
      </Figure>
      <Figure
        name="Capacity"
        meaning="Up to which fewer than 30 % of copied fills are over 5 % of the volume of their minute"
        below={over ? 'less than you have' : undefined}
      >
        <Num value={most?.value ?? null} kind="usd" reason={absentText(most?.absent ?? null)} />
      </Figure>
    </>
  );
};

const NO_DAYS = 'no day with a return is known';

/** What is left of what the trader earned, and where the rest goes. */
const Outcome = ({ follower: { outcome, copyRatio, place } }: { readonly follower: Follower }) => (
  <>
    <Figure name="Rank for me" meaning="On the copy board ranked for these terms">
      {place === null ? (
        <span className={c('faint')}>not ranked</span>
      ) : (
        <>
          <Num value={place.rank} kind="count" />{' '}
          <span className={c('faint')}>of {place.of.toLocaleString('en-US')}</span>
        </>
      )}
    </Figure>
    <Figure
      name="Net for me"
      meaning="Sum of the daily returns of a whole copy after costs and delay, over 90 days"
      below={outcome === null ? undefined : `of ${percent(outcome.gross)} before fees`}
    >
      <Num value={outcome?.net ?? null} kind="percent-signed" tone reason={NO_DAYS} />
    </Figure>
    <Figure name="Copy ratio" meaning="Net for me over what the trader earned before fees">
      <Num value={copyRatio} kind="percent" reason="the trader earned nothing before fees" />
    </Figure>
    <Figure name="My fees" meaning="What your taker fee takes, of your equity">
      <Num value={outcome?.fees ?? null} kind="percent" reason={NO_DAYS} />
    </Figure>
    <Figure name="Spread" meaning="What half the distance between bid and ask takes, of your equity">
      <Num value={outcome?.spread ?? null} kind="percent" reason={NO_DAYS} />
    </Figure>
    <Figure
      name="Impact"
      meaning="How far your own orders move the market against you: grows with the root of your equity"
    >
      <Num value={outcome?.impact ?? null} kind="percent" reason="not told apart from the spread yet" />
    </Figure>
    <Figure name="Delay" meaning="What coming late takes of the gains; modelled from the hold time">
      <Num value={outcome?.delay ?? null} kind="percent" reason={NO_DAYS} />
    </Figure>
  </>
);

const Curve = ({ curve }: { readonly curve: Follower['curve'] }) => (
  <LineFigure
    caption="Copy ratio by how late the copy comes; modelled from the hold time."
    across="Delay"
    labels={curve.map(({ delayMs }) => (delayMs < 60_000 ? `${delayMs / 1_000} s` : '1 min'))}
    lines={[{ name: 'Copy ratio', values: curve.map((point) => point.copyRatio) }]}
    base={0}
    write={percent}
  />
);

/** What copying would be for the reader, under the terms that he wrote here or on the leaderboard. */
export function FollowerCard({ address }: { readonly address: string }) {
  const [terms, setTerms] = useState(rememberedTerms);
  const [changing, setChanging] = useState(false);
  const { data } = useQuery({ ...explainQuery(address, '90d', terms), placeholderData: keepPreviousData });
  const follower = data?.follower;
  if (data === undefined || data.computedAt === null || follower === undefined || follower === null)
    return null;
  const { equityUsd, takerBp, latencyMs, curve } = follower;
  return (
    <Card
      title="For my equity"
      note={`${usd(equityUsd)}, ${takerBp} bps, ${delayText(latencyMs)}`}
      actions={<Button onClick={() => setChanging(true)}>Change</Button>}
    >
      <div className={c('columns')}>
        <dl className={c('figures')}>
          <Outcome follower={follower} />
          <Size follower={follower} metrics={data.metrics} />
        </dl>
        {curve.some((point) => point.copyRatio !== null) ? <Curve curve={curve} /> : null}
      </div>
      {changing ? (
        <TermsDialog
          title="My terms"
          done="Use these terms"
          meaning="What copying this trader would be is worked out for these. Empty: a standard follower of $1,000."
          terms={terms}
          onChange={setTerms}
          onClose={() => setChanging(false)}
        />
      ) : null}
    </Card>
  );
}
