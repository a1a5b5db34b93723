/**
 * How every figure of the app is written. Input is a decimal string (money, sizes, prices: exact, never through
 * a float) or a number (counts, ratios, durations). Output is text for people: U+2212 for minus, no negative
 * zero, a fixed number of decimals for one kind. Nothing else in the app formats a number.
 */

export type NumberKind =
  | 'count'
  | 'compact'
  | 'usd'
  | 'usd-compact'
  | 'pnl'
  | 'price'
  | 'size'
  | 'percent'
  | 'percent-signed'
  | 'bps'
  | 'ratio'
  | 'rate'
  | 'leverage'
  | 'duration'
  | 'age'
  | 'bytes'
  | 'milliseconds';

export interface NumberOptions {
  /** Decimals of a size (the coin's szDecimals) or of a price (one count per coin). */
  readonly decimals?: number | undefined;
}

export type Sign = 'positive' | 'negative' | 'zero';

export interface FormattedNumber {
  readonly text: string;
  /** Sign of what is shown, after rounding: a rounded zero has no sign and no colour. */
  readonly sign: Sign;
}

const MINUS = '\u2212';
const cache = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let found = cache.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat('en-US', options);
    cache.set(key, found);
  }
  return found;
}

/** Formats a decimal string without passing through a float (Intl reads decimal strings exactly). */
const write = (value: string | number, options: Intl.NumberFormatOptions): string =>
  formatter({ signDisplay: 'negative', ...options })
    .format(value as Intl.StringNumericLiteral)
    .replace('-', MINUS);

const fixed = (value: string | number, decimals: number, signed = false): string =>
  write(value, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: signed ? 'exceptZero' : 'negative',
  });

/** Puts the dollar sign after the sign: "+$31.20", never "$+31.20". */
const dollars = (text: string): string => text.replace(/^([+\u2212]?)/, '$1$');

const magnitude = (value: string | number): number => Math.abs(Number(value));

/** Decimals of an amount of money: two, and for less than a cent two significant figures of it (at most six). */
function usdDecimals(value: string | number): number {
  const size = magnitude(value);
  if (size === 0 || size >= 0.005) return 2;
  return Math.min(6, Math.ceil(-Math.log10(size)) + 1);
}

function usdCompact(value: string | number): string {
  if (magnitude(value) < 999.5) return dollars(fixed(value, 2));
  return dollars(
    write(value, { notation: 'compact', minimumSignificantDigits: 3, maximumSignificantDigits: 3 }),
  );
}

function compactCount(value: string | number): string {
  if (magnitude(value) < 9_999.5) return fixed(value, 0);
  return write(value, { notation: 'compact', minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
}

/**
 * Decimals of a perpetual's price: five significant figures, never more than 6 - szDecimals; integers are whole.
 * Pass a reference price of the coin so that all its prices share one count.
 */
export function priceDecimals(reference: string | number, sizeDecimals: number): number {
  const size = magnitude(reference);
  const most = Math.max(0, 6 - sizeDecimals);
  if (size === 0) return most;
  const figures = 5 - (Math.floor(Math.log10(size)) + 1);
  return Math.min(most, Math.max(0, figures));
}

function plainPrice(value: string | number, decimals: number | undefined): string {
  if (decimals !== undefined) return fixed(value, decimals);
  return write(value, {
    maximumSignificantDigits: 6,
    maximumFractionDigits: 6,
    roundingPriority: 'lessPrecision',
  });
}

function plainSize(value: string | number, decimals: number | undefined): string {
  return decimals === undefined ? write(value, { maximumFractionDigits: 8 }) : fixed(value, decimals);
}

const DURATION_UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** Milliseconds as at most two units: "2 h 14 m", "3 d 0 h", "45 s". */
export function formatDuration(ms: number): string {
  let seconds = Math.floor(Math.abs(ms) / 1000);
  const first = DURATION_UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return '0 s';
  const parts: string[] = [];
  for (const [unit, size] of DURATION_UNITS.slice(first, first + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** Age of data in ms: tenths of a second below ten seconds ("0.8 s"), then as a duration. */
export function formatAge(ms: number): string {
  const age = Math.max(0, ms);
  return age < 9_950 ? `${fixed(age / 1000, 1)} s` : formatDuration(age);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

function formatBytes(value: number): string {
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${fixed(size, unit === 0 || size >= 99.95 ? 0 : 1)} ${BYTE_UNITS[unit]}`;
}

const KINDS: Record<NumberKind, (value: string | number, options: NumberOptions) => string> = {
  count: (value) => fixed(value, 0),
  compact: compactCount,
  usd: (value) => dollars(fixed(value, usdDecimals(value))),
  'usd-compact': usdCompact,
  pnl: (value) => dollars(fixed(value, 2, true)),
  price: (value, { decimals }) => plainPrice(value, decimals),
  size: (value, { decimals }) => plainSize(value, decimals),
  percent: (value) => `${fixed(Number(value) * 100, 2)}%`,
  'percent-signed': (value) => `${fixed(Number(value) * 100, 2, true)}%`,
  bps: (value) => `${fixed(value, 1, true)} bps`,
  ratio: (value) => fixed(value, 2),
  rate: (value) => fixed(value, magnitude(value) >= 999.95 ? 0 : 1),
  leverage: (value) => `${fixed(value, 1)}\u00d7`,
  duration: (value) => formatDuration(Number(value)),
  age: (value) => formatAge(Number(value)),
  bytes: (value) => formatBytes(Number(value)),
  milliseconds: (value) =>
    magnitude(value) < 9_999.5
      ? `${fixed(value, magnitude(value) < 9.95 ? 1 : 0)} ms`
      : formatDuration(Number(value)),
};

const NONZERO_DIGIT = /[1-9]/;

function shownSign(text: string): Sign {
  if (!NONZERO_DIGIT.test(text)) return 'zero';
  return text.startsWith(MINUS) ? 'negative' : 'positive';
}

/**
 * Text and sign of a figure.
 * @throws RangeError if the value is not a finite decimal: an unknown figure has a state, it is never NaN.
 */
export function formatNumber(
  value: string | number,
  kind: NumberKind,
  options: NumberOptions = {},
): FormattedNumber {
  if (value === '' || !Number.isFinite(Number(value))) {
    throw new RangeError(`not a finite decimal: ${JSON.stringify(String(value).slice(0, 40))}`);
  }
  const text = KINDS[kind](value, options);
  return { text, sign: shownSign(text) };
}
