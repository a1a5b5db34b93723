/** Which of several names was meant, by the number of letters to change, add or take away. */

/** Letters from which a part of a name says which is meant. */
const LEAST_PART = 3;

/**
 * The nearest of `names`, upper and lower case alike; the first of equals. One that contains what was written, or
 * stands in it, comes before all others. @throws RangeError without names.
 */
export function nearestName<Name extends string>(written: string, names: readonly Name[]): Name {
  const [first] = names;
  if (first === undefined) throw new RangeError('there are no names to choose from');
  let nearest = first;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = distanceOf(written.toLowerCase(), name.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

function distanceOf(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  const longer = Math.max(a.length, b.length);
  return shorter >= LEAST_PART && (a.includes(b) || b.includes(a))
    ? 1 - shorter / longer
    : editDistance(a, b);
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
