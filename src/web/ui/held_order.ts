/** Order that stands still while the reader is at it. Pure parts of "14 rows would move. Apply". */

/** Length of the longest strictly increasing subsequence. */
function longestIncreasing(values: readonly number[]): number {
  const tails: number[] = [];
  for (const value of values) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    tails[low] = value;
  }
  return tails.length;
}

/** How many rows would enter, leave or change their place among the others. */
export function rowsThatWouldMove(shown: readonly string[], wanted: readonly string[]): number {
  const placeInShown = new Map(shown.map((key, index) => [key, index]));
  const common: number[] = [];
  let entering = 0;
  for (const key of wanted) {
    const place = placeInShown.get(key);
    if (place === undefined) entering += 1;
    else common.push(place);
  }
  const leaving = shown.length - common.length;
  return entering + leaving + (common.length - longestIncreasing(common));
}
