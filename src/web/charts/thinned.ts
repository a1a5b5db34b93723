/** Rows of the table form of a chart: enough to read a course by. */
const MOST_ROWS = 100;

/** At most `most` of them, evenly spread, first and last included. */
export function thinned<Item>(items: readonly Item[], most = MOST_ROWS): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]).filter(
    (item): item is Item => item !== undefined,
  );
}
