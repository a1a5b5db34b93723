/** When a trader changes positions: counts by UTC weekday and hour. */

export interface ActivityMap {
  /** [weekday][hour], Monday first. */
  readonly counts: readonly (readonly number[])[];
  readonly most: number;
  readonly total: number;
  /** Of the oldest change counted, ms; null without any. */
  readonly since: number | null;
}

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

export function activityMap(times: readonly number[]): ActivityMap {
  const counts = WEEKDAYS.map(() => new Array<number>(24).fill(0));
  let since: number | null = null;
  for (const time of times) {
    const at = new Date(time);
    const day = counts[(at.getUTCDay() + 6) % 7];
    const hour = at.getUTCHours();
    if (day !== undefined) day[hour] = (day[hour] ?? 0) + 1;
    since = since === null ? time : Math.min(since, time);
  }
  return { counts, most: Math.max(0, ...counts.flat()), total: times.length, since };
}

/** Tint of a cell, 0 (none) to 4 (the busiest hour). */
export const activityStep = (count: number, most: number): 0 | 1 | 2 | 3 | 4 =>
  count === 0 || most === 0 ? 0 : (Math.min(4, Math.ceil((count / most) * 4)) as 1 | 2 | 3 | 4);
