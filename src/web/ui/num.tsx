import { useEffect, useRef } from 'react';
import type { NumberKind } from '../format/number.ts';
import { showCue } from './cue.ts';
import { type Figure, type FigureValue, figureOf } from './figure.ts';
import styles from './num.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export interface NumProps {
  /** A cell of the API, a plain value, null for unknown, undefined while loading. */
  readonly value: FigureValue;
  readonly kind: NumberKind;
  readonly decimals?: number | undefined;
  /** Why a null is unknown. */
  readonly reason?: string;
  /** Colour by sign: profit and loss only. */
  readonly tone?: boolean;
  /** Tint when the value moves. */
  readonly cue?: boolean;
}

/** Tints the element when `value` rises or falls. */
function useCue(value: FigureValue, wanted: boolean) {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef<number | null>(null);
  const raw = typeof value === 'object' && value !== null ? value.v : value;
  const current = raw === null || raw === undefined ? null : Number(raw);
  useEffect(() => {
    const last = before.current;
    before.current = current;
    if (!wanted || last === null || current === null || last === current || element.current === null) return;
    showCue(element.current, current > last ? 'up' : 'down');
  }, [current, wanted]);
  return element;
}

function classOf(figure: Figure, tone: boolean): string {
  if (figure.look === 'unknown') return c('num', 'unknown');
  if (figure.look === 'na' || figure.look === 'stale') return c('num', 'faint');
  const coloured = tone && figure.sign !== 'zero';
  return c('num', coloured && (figure.sign === 'positive' ? 'up' : 'down'));
}

const StaleClock = () => (
  <svg className={c('clock')} viewBox="0 0 12 12" aria-hidden="true" fill="none" stroke="currentColor">
    <circle cx="6" cy="6" r="5" />
    <path d="M6 3v3l2 1.5" />
  </svg>
);

/** Every figure of the app. One look for zero, another for unknown, another for not applicable. */
export function Num({ value, kind, decimals, reason, tone = false, cue = false }: NumProps) {
  const element = useCue(value, cue);
  const figure = figureOf(value, kind, { decimals }, reason);
  if (figure.look === 'loading') {
    return (
      <span>
        <span className={c('bar')} aria-hidden="true" />
        <span className="hidden-text">loading</span>
      </span>
    );
  }
  const glyphOnly = figure.look === 'na' || figure.look === 'unknown';
  return (
    <span
      ref={element}
      className={classOf(figure, tone)}
      data-look={figure.look}
      data-tip={figure.tip ?? undefined}
    >
      {figure.look === 'stale' ? <StaleClock /> : null}
      {figure.prefix === '' ? null : <span className={c('prefix')}>{figure.prefix}</span>}
      <span aria-hidden={glyphOnly ? 'true' : undefined}>{figure.text}</span>
      {figure.spoken === null ? null : <span className="hidden-text"> {figure.spoken}</span>}
    </span>
  );
}
