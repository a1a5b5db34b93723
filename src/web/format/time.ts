/** How times are written: relative below a day, then the UTC day; always UTC, because exchange days are UTC days. */
import { formatDuration } from './number.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, '0');

/** "14:02:09", UTC. For rows of a live list, where the day is plain. */
export function formatClock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

/** "12 Mar 14:02 UTC". */
export function formatDay(ms: number): string {
  const at = new Date(ms);
  const month = MONTHS[at.getUTCMonth()] ?? '';
  return `${at.getUTCDate()} ${month} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
}

/** "0.8 s ago", "2 h 14 m ago"; a day and older "12 Mar 14:02 UTC". A time ahead of the clock counts as now. */
export function formatWhen(ms: number, nowMs: number): string {
  const age = nowMs - ms;
  if (age >= DAY_MS) return formatDay(ms);
  return age < 1_000 ? 'now' : `${formatDuration(age)} ago`;
}

/** For hover and focus: UTC to the millisecond, then the reader's own clock. */
export function formatExactTime(ms: number): string {
  const at = new Date(ms);
  return `${at.toISOString()} · local ${at.toLocaleString()}`;
}
