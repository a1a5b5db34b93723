/** A deterministic agenda: items by time, equal times in order of entry. */
interface Entry<T> {
  readonly at: number;
  readonly order: number;
  readonly item: T;
}

export class Agenda<T> {
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, item: T): void {
    const heap = this.#heap;
    const entry: Entry<T> = { at, order: this.#order++, item };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Entry<T>;
      if (!before(entry, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
  }

  /** The earliest item if it is due. */
  take(time: number): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > time) return undefined;
    const last = heap.pop() as Entry<T>;
    if (heap.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      const right = child + 1;
      if (right < heap.length && before(heap[right] as Entry<T>, heap[child] as Entry<T>)) child = right;
      const below = heap[child] as Entry<T>;
      if (!before(below, entry)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = entry;
  }
}

const before = (a: Entry<unknown>, b: Entry<unknown>): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);
