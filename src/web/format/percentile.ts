/** A place among others in plain words: never better than it is. */
export function percentileText(percentile: number): string {
  if (percentile < 1) return 'among the last 1 % of eligible traders';
  const share = percentile < 99 ? Math.floor(percentile) : Math.floor(percentile * 10) / 10;
  return `better than ${share} % of eligible traders`;
}
