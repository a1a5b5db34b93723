/** More letters than this are another word. */
const MOST_EDITS = 3;
/** A shorter name is the beginning of too many others. */
const LEAST_BEGINNING = 5;

/**
 * The known name that was meant by a mistyped one: of those with a third of its letters changed at most, or that it
 * begins with (`LOG_DIRECTORY`), the one with the fewest changes; undefined when there is none, since a wrong
 * suggestion misleads.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const most = Math.min(MOST_EDITS, Math.ceil(name.length / 3));
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    const begins = candidate.length >= LEAST_BEGINNING && name.startsWith(candidate);
    if ((distance <= most || begins) && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance: insertions, deletions and replacements that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
