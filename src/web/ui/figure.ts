/** What a figure shows, as data: the one place that decides how zero, unknown, absent, partial and old look. */
import type { Cell } from '../../contract/values.ts';
import { type FormattedNumber, formatNumber, type NumberKind, type NumberOptions } from '../format/number.ts';
import { formatExactTime } from '../format/time.ts';

/** A cell of the API, a plain value, null for unknown, undefined while loading. */
export type FigureValue = Cell | string | number | null | undefined;

export interface Figure {
  readonly look: 'loading' | 'plain' | 'na' | 'unknown' | 'partial' | 'stale';
  readonly text: string;
  /** Set before the text, quietly: how an incomplete figure relates to the true one. */
  readonly prefix: '' | '\u2265 ' | '\u2248 ';
  readonly sign: FormattedNumber['sign'];
  /** Said instead of a glyph, or after the text, to those who do not see it. */
  readonly spoken: string | null;
  /** Shown on hover and focus. */
  readonly tip: string | null;
}

const isCell = (value: FigureValue): value is Cell => typeof value === 'object' && value !== null;

function glyph(look: 'na' | 'unknown', reason: string | undefined): Figure {
  const words = look === 'na' ? 'not applicable' : 'unknown';
  const spoken = reason === undefined ? words : `${words}: ${reason}`;
  return { look, text: look === 'na' ? '\u2014' : '?', prefix: '', sign: 'zero', spoken, tip: spoken };
}

/** The exact value where the text is shortened; null where the text says it all. */
function exactText(value: string | number, kind: NumberKind): string | null {
  if (kind === 'usd-compact') return formatNumber(value, 'usd').text;
  if (kind === 'compact') return formatNumber(value, 'count').text;
  return null;
}

/** Sums that only grow with more data: an incomplete one is a lower bound. Of others it says nothing so firm. */
const GROWING: readonly NumberKind[] = [
  'count',
  'compact',
  'usd',
  'usd-compact',
  'rate',
  'bytes',
  'size',
  'duration',
  'milliseconds',
];

function cellFigure(cell: Cell, kind: NumberKind, options: NumberOptions): Figure {
  if (cell.state === 'na' || cell.state === 'unknown') return glyph(cell.state, cell.reason);
  if (cell.v === null) return glyph('unknown', cell.reason);
  const { text, sign } = formatNumber(cell.v, kind, options);
  const exact = exactText(cell.v, kind);
  const parts = [exact, cell.reason ?? null, cell.n === undefined ? null : `n ${cell.n}`];
  if (cell.state === 'partial') {
    const grows = GROWING.includes(kind);
    const spoken = grows ? 'at least, data is incomplete' : 'about, data is incomplete';
    const tip = [spoken, ...parts].filter((part) => part !== null).join(' \u00b7 ');
    return { look: 'partial', text, prefix: grows ? '\u2265 ' : '\u2248 ', sign, spoken, tip };
  }
  if (cell.state === 'stale') {
    const when = cell.asOf === undefined ? 'stale' : `stale, as of ${formatExactTime(cell.asOf)}`;
    const tip = [when, ...parts].filter((part) => part !== null).join(' · ');
    return { look: 'stale', text, prefix: '', sign, spoken: when, tip };
  }
  const tip = parts.filter((part) => part !== null).join(' · ');
  return { look: 'plain', text, prefix: '', sign, spoken: null, tip: tip === '' ? null : tip };
}

/** `reason` says why a null is unknown. */
export function figureOf(
  value: FigureValue,
  kind: NumberKind,
  options: NumberOptions = {},
  reason?: string,
): Figure {
  if (value === undefined) {
    return { look: 'loading', text: '', prefix: '', sign: 'zero', spoken: 'loading', tip: null };
  }
  if (value === null) return glyph('unknown', reason);
  if (isCell(value)) return cellFigure(value, kind, options);
  const { text, sign } = formatNumber(value, kind, options);
  return { look: 'plain', text, prefix: '', sign, spoken: null, tip: exactText(value, kind) };
}
