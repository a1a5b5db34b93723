import type { ReactNode } from 'react';
import styles from './badge.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export type Level = 'healthy' | 'warning' | 'danger' | 'neutral';

/** A different shape for every level, so that colour never stands alone. */
const MARKS: Record<Level, ReactNode> = {
  healthy: <circle cx="4" cy="4" r="3.5" fill="currentColor" />,
  warning: <path d="M4 0.5 8 7.5H0z" fill="currentColor" />,
  danger: <path d="M0.5 0.5h7v7h-7z" fill="currentColor" />,
  neutral: <circle cx="4" cy="4" r="3" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

/** The mark alone, before a figure that says the rest. */
export const StateMark = ({ level }: { readonly level: Level }) => (
  <span className={c('alone', level)}>
    <svg className={c('mark')} viewBox="0 0 8 8" aria-hidden="true">
      {MARKS[level]}
    </svg>
  </span>
);

/** A state in a word, with its mark. Danger is boxed as well. */
export function StateBadge({
  level,
  children,
  tip,
}: {
  readonly level: Level;
  readonly children: ReactNode;
  readonly tip?: string | undefined;
}) {
  return (
    <span className={c('badge', level, level === 'danger' && 'boxed')} data-tip={tip}>
      <svg className={c('mark')} viewBox="0 0 8 8" aria-hidden="true">
        {MARKS[level]}
      </svg>
      {children}
    </span>
  );
}

/** ▲ Long or ▼ Short, never in profit colours. */
export const Direction = ({ long, label }: { readonly long: boolean; readonly label?: string }) => (
  <span className={c('badge', long ? 'long' : 'short')}>
    <svg className={c('mark')} viewBox="0 0 8 8" aria-hidden="true" fill="currentColor">
      <path d={long ? 'M4 1l3.5 6h-7z' : 'M4 7l3.5-6h-7z'} />
    </svg>
    {label ?? (long ? 'Long' : 'Short')}
  </span>
);
