import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LeaderboardExplanation, RankHistory } from '../../../contract/leaderboard.ts';
import { BOARD_WINDOWS, type BoardWindow } from '../../../domain/boards.ts';
import { explainQuery, ranksQuery } from '../../api/leaderboard.ts';
import { percentileText } from '../../format/percentile.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Select } from '../../ui/choices.tsx';
import { EvidencePips } from '../../ui/evidence.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Empty, Failure, Skeleton } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { pick } from '../../ui/pick.ts';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';
import { absentText, inOrder } from './metric_looks.ts';
import styles from './ranking_card.module.css';

const c = pick(styles);
const RANK_ROWS = 8;
const FEW_METRICS = 20;

const Place = ({
  name,
  place,
}: {
  readonly name: string;
  readonly place: LeaderboardExplanation['copy'];
}) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {place === null ? (
        <span className={c('faint')}>not ranked</span>
      ) : (
        <>
          <Num value={place.rank} kind="count" />{' '}
          <span className={c('faint')}>of {place.of.toLocaleString('en-US')}</span>
        </>
      )}
    </dd>
  </div>
);

const NOT_RANKED = 'not enough evidence to rank';

const Standing = ({ explained }: { readonly explained: LeaderboardExplanation }) => {
  const { evidence, history } = explained;
  return (
    <dl className={c('standing')}>
      <div>
        <dt>Evidence</dt>
        <dd>
          <EvidencePips level={evidence.level} proven={evidence.proven} percentile={null} />
        </dd>
        {evidence.percentile === null ? null : (
          <dd className={c('below')}>{percentileText(evidence.percentile)}</dd>
        )}
      </div>
      <Place name="Rank for followers" place={explained.copy} />
      <Place name="Rank, classic" place={explained.classic} />
      <div>
        <dt data-tip="Annualised Sharpe ratio of a follower that is believed, and its standard deviation">
          Believed Sharpe
        </dt>
        <dd>
          <Num value={evidence.posteriorSharpe} kind="ratio" reason={NOT_RANKED} />{' '}
          <span className={c('faint')}>
            {'\u00b1'} <Num value={evidence.posteriorDeviation} kind="ratio" reason={NOT_RANKED} />
          </span>
        </dd>
      </div>
      <div>
        <dt data-tip="Probability that 30 days of copying end above zero, after costs">Month above zero</dt>
        <dd>
          <Num value={evidence.positiveMonth} kind="percent" reason={NOT_RANKED} />
        </dd>
      </div>
      <div>
        <dt>History</dt>
        <dd>
          {history.state === 'none' ? 'not read yet' : history.state},{' '}
          <Num value={history.fills} kind="count" /> fills
        </dd>
        {history.completeSince === null ? null : (
          <dd className={c('below')}>
            since <When at={history.completeSince} />
          </dd>
        )}
      </div>
    </dl>
  );
};

const Reasons = ({
  title,
  icon,
  look,
  reasons,
  none,
}: {
  readonly title: string;
  readonly icon: 'check' | 'cross' | 'alert';
  readonly look: 'for' | 'against' | 'gate';
  readonly reasons: LeaderboardExplanation['gates'];
  readonly none: string;
}) => (
  <section className={c('reasons')}>
    <h3>{title}</h3>
    {reasons.length === 0 ? (
      <p className={c('faint')}>{none}</p>
    ) : (
      <ul>
        {reasons.map((reason) => (
          <li key={reason.code}>
            <span className={c(look)}>
              <Icon name={icon} size={14} />
            </span>
            {reason.text} <code className={c('faint')}>{reason.code}</code>
          </li>
        ))}
      </ul>
    )}
  </section>
);

/** Every metric of the window, each with its definition and how many observations stand behind it. */
function Metrics({ metrics }: { readonly metrics: LeaderboardExplanation['metrics'] }) {
  const [all, setAll] = useState(false);
  const known = inOrder(metrics);
  if (known.length === 0) return null;
  return (
    <div>
      <TableWrap label="Table of metrics">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className={t('right')}>
              Value
            </th>
            <th scope="col" className={t('right')} data-tip="Observations behind it: episodes, days or fills">
              n
            </th>
          </tr>
        </thead>
        <tbody>
          {(all ? known : known.slice(0, FEW_METRICS)).map(({ name, metric, look }) => {
            return (
              <tr key={name}>
                <th scope="row" data-tip={look.meaning}>
                  {look.name}
                </th>
                <td className={t('right')}>
                  <Num
                    value={metric.value}
                    kind={look.kind}
                    tone={look.tone}
                    reason={absentText(metric.absent)}
                  />
                </td>
                <td className={t('right', 'second')}>
                  <Num value={metric.n} kind="count" />
                </td>
              </tr>
            );
          })}
        </tbody>
      </TableWrap>
      {known.length > FEW_METRICS ? (
        <p className={c('more')}>
          <Button small look="quiet" onClick={() => setAll(!all)}>
            {all ? 'Fewer metrics' : `${known.length - FEW_METRICS} more metrics`}
          </Button>
        </p>
      ) : null}
    </div>
  );
}

/** Where the trader stood, newest first. */
const Ranks = ({ points }: { readonly points: RankHistory['points'] }) => (
  <section className={c('reasons')}>
    <h3>Rank over time</h3>
    {points.length === 0 ? (
      <p className={c('faint')}>Not on the board in the last 30 days</p>
    ) : (
      <ol>
        {points
          .slice(-RANK_ROWS)
          .reverse()
          .map((point) => (
            <li key={point.time}>
              <span className={c('when')}>
                <When at={point.time} />
              </span>
              {point.rank === null ? (
                <span className={c('faint')}>not on the board</span>
              ) : (
                <span>
                  <Num value={point.rank} kind="count" />{' '}
                  <span className={c('faint')}>of {point.of.toLocaleString('en-US')}</span>
                </span>
              )}
            </li>
          ))}
      </ol>
    )}
  </section>
);

/** Every gate with what was measured, the failed ones first. */
const Gates = ({ checks }: { readonly checks: LeaderboardExplanation['checks'] }) => (
  <section className={c('reasons')}>
    <h3>
      Gates: {checks.filter((check) => check.passed).length} of {checks.length} passed
    </h3>
    <ul>
      {[...checks]
        .sort((a, b) => Number(a.passed) - Number(b.passed))
        .map((check) => (
          <li key={check.code}>
            <span className={c(check.passed ? 'for' : 'gate')}>
              <Icon name={check.passed ? 'check' : 'cross'} size={14} />
            </span>
            <span>
              <span className="hidden-text">{check.passed ? 'passed: ' : 'failed: '}</span>
              <code>{check.code}</code> <span className={c('faint')}>{check.text}</span>
            </span>
          </li>
        ))}
    </ul>
  </section>
);

const WINDOWS = BOARD_WINDOWS.map((window) => ({
  value: window,
  label: window === 'all' ? 'Whole record' : `${window.replace('d', '')} days`,
}));

/** Why the trader stands where it stands. */
export function RankingCard({ address }: { readonly address: string }) {
  const [window, setWindow] = useState<BoardWindow>('90d');
  const explained = useQuery(explainQuery(address, window));
  const ranks = useQuery(ranksQuery(address, 'copy', window));
  const { data } = explained;
  return (
    <Card
      title="Ranking"
      note={
        data?.computedAt ? (
          <>
            computed <When at={data.computedAt} />
          </>
        ) : undefined
      }
      actions={<Select label="Window of the ranking" value={window} choices={WINDOWS} onChange={setWindow} />}
    >
      {data === undefined && explained.error !== null ? (
        <Failure what="The ranking" error={explained.error} retry={() => void explained.refetch()} />
      ) : null}
      {data === undefined && explained.error === null ? (
        <Skeleton lines={6} label="Loading the ranking" />
      ) : null}
      {data === undefined ? null : (
        <>
          <Standing explained={data} />
          {data.computedAt === null ? (
            <Empty title="Not computed yet">The history of this trader has to be read first.</Empty>
          ) : (
            <div className={c('columns')}>
              <div className={c('words')}>
                <Reasons
                  title="Gates that failed"
                  icon="cross"
                  look="gate"
                  reasons={data.gates}
                  none="None: eligible for the copy board"
                />
                {data.checks.length === 0 ? null : <Gates checks={data.checks} />}
                <Reasons title="For" icon="check" look="for" reasons={data.reasonsFor} none="Nothing yet" />
                <Reasons title="Against" icon="alert" look="against" reasons={data.against} none="Nothing" />
                {ranks.data === undefined ? null : <Ranks points={ranks.data.points} />}
              </div>
              <Metrics metrics={data.metrics} />
            </div>
          )}
        </>
      )}
    </Card>
  );
}
