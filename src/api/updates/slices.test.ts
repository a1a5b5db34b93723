import { describe, expect, it } from 'vitest';
import type { PositionChange } from '../../contract/positions.ts';
import type { LoggedChange } from './log_tail.ts';
import { cutSlice, makeSlice, SLICE_CHANGES, SliceCache } from './slices.ts';

const logged = (offset: number, length = 500): LoggedChange => ({
  change: { offset } as PositionChange,
  json: 'x'.repeat(length),
});

/** Changes behind `after` up to `head`, each `step`-th. */
const changes = (after: number, head: number, step = 1, length?: number): LoggedChange[] => {
  const list: LoggedChange[] = [];
  for (let offset = after + 1; offset <= head; offset++) {
    if (offset % step === 0) list.push(logged(offset, length));
  }
  return list;
};

/** Cuts slice by slice as the server does; the places where they end. */
function ends(all: readonly LoggedChange[], after: number, head: number): number[] {
  const list: number[] = [];
  const offsets: number[] = [];
  for (let place = after; place < head; ) {
    const matching = all.filter(({ change }) => change.offset > place).slice(0, SLICE_CHANGES);
    const { items, upto } = cutSlice(matching, head);
    expect(upto).toBeGreaterThan(place);
    expect(items.every(({ change }) => change.offset > place && change.offset <= upto)).toBe(true);
    offsets.push(...items.map(({ change }) => change.offset));
    place = upto;
    list.push(place);
  }
  expect(offsets).toEqual(all.map(({ change }) => change.offset));
  return list;
}

describe('slices', () => {
  it('of whoever comes soon end at the same places', () => {
    const head = 2_100;
    const common = ends(changes(0, head), 0, head);
    expect(common).toEqual([250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_100]);
    for (const after of [1, 124, 126, 249, 251, 777]) {
      const own = ends(changes(after, head), after, head);
      expect(common).toEqual(expect.arrayContaining(own));
    }
  });

  it('reach far where little matches, and to the end where nothing does', () => {
    expect(ends(changes(0, 20_000, 200), 0, 20_000)).toEqual([20_000]);
    expect(ends(changes(7, 20_000, 100), 7, 20_000)).toEqual([12_500, 20_000]);
    expect(ends([], 7, 20_000)).toEqual([20_000]);
  });

  it('stay small where changes are large, however large', () => {
    const all = [...changes(0, 100, 1, 10_000), logged(101, 500_000), logged(102)];
    let place = 0;
    for (const end of ends(all, 0, 102)) {
      const bytes = all
        .filter(({ change }) => change.offset > place && change.offset <= end)
        .map(({ json }) => json.length);
      expect(bytes.length === 1 || bytes.reduce((sum, size) => sum + size, 0) <= 256 * 1024).toBe(true);
      place = end;
    }
  });
});

describe('SliceCache', () => {
  const slice = (offset: number, through: number, head: number) =>
    makeSlice('all', { epoch: 1, offset }, changes(offset, through), through, head);

  it('gives a slice that ended with the log only while the log ends there', () => {
    const cache = new SliceCache(1_000_000);
    cache.set('whole', slice(0, 300, 300));
    cache.set('last', slice(250, 300, 300));
    expect(cache.get('whole', 400)?.upto).toBe(250);
    expect(cache.get('last', 300)?.upto).toBe(300);
    expect(cache.get('last', 301)).toBeUndefined();
  });

  it('keeps what was used last, up to its bytes', () => {
    const one = slice(0, 50, 60);
    const cache = new SliceCache(one.frame.length * 2);
    cache.set('a', one);
    cache.set('b', one);
    cache.get('a', 60);
    cache.set('c', one);
    cache.set('c', one);
    expect(['a', 'b', 'c'].map((key) => cache.get(key, 60) !== undefined)).toEqual([true, false, true]);
  });
});
