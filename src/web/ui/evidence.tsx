import type { LeaderboardItem } from '../../contract/leaderboard.ts';
import { percentileText } from '../format/percentile.ts';
import styles from './evidence.module.css';
import { Icon } from './icon.tsx';
import { pick } from './pick.ts';

const c = pick(styles);
type Level = LeaderboardItem['evidence']['level'];

const LEVELS: Readonly<
  Record<Level, { readonly pips: number; readonly word: string; readonly meaning: string }>
> = {
  none: { pips: 1, word: 'Unproven', meaning: 'Not enough to rank' },
  weak: { pips: 2, word: 'Thin', meaning: 'Chance of a real edge below 80 %' },
  moderate: { pips: 3, word: 'Fair', meaning: 'Chance of a real edge from 80 %' },
  strong: { pips: 4, word: 'Strong', meaning: 'Chance of a real edge from 95 %' },
};
const PLACES = [0, 1, 2, 3] as const;

/** Four pips and a word, never green: how sure the numbers are, not how good. */
export function EvidencePips({
  level,
  proven,
  percentile,
}: {
  readonly level: Level;
  readonly proven: boolean;
  /** Among eligible traders, 0 to 100; null when not ranked, or where it stands beside. */
  readonly percentile: number | null;
}) {
  const { pips, word, meaning } = LEVELS[level];
  const place = percentile === null ? null : percentileText(percentile);
  const tip = [
    meaning,
    ...(proven ? ['real at a false discovery rate of 10 %'] : []),
    ...(place ? [place] : []),
  ];
  return (
    <span className={c('evidence', `level${pips}`)} data-tip={tip.join('; ')}>
      <svg width="34" height="8" viewBox="0 0 34 8" aria-hidden="true">
        {PLACES.map((place) => (
          <circle
            key={place}
            cx={4 + place * 8.5}
            cy="4"
            r="3"
            fill={place < pips ? 'currentColor' : 'none'}
            stroke="currentColor"
            strokeWidth="1.2"
          />
        ))}
      </svg>
      {word}
      {proven ? (
        <>
          <Icon name="check" size={12} />
          <span className="hidden-text">, proven</span>
        </>
      ) : null}
      {place === null ? null : <span className="hidden-text">, {place}</span>}
    </span>
  );
}
