import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from './random.ts';
import { Secret } from './secret.ts';

describe('seededRandom', () => {
  it('gives the same sequence for the same seed and another for another', () => {
    const draw = (seed: number | string) => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random.int(1_000_000));
    };
    expect(draw(7)).toEqual(draw('7'));
    expect(draw(7)).not.toEqual(draw(8));
    // Pinned: a change of the generator changes every recorded simulation seed.
    expect(draw(1)).toMatchInlineSnapshot(`
      [
        307207,
        105795,
        35314,
        661219,
        150015,
      ]
    `);
  });

  it('is uniform enough for simulation', () => {
    const random = seededRandom('uniform');
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const bin = random.int(10);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    // Chi-square with 9 degrees of freedom: 27.9 is the 0.1 % point.
    const chi = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(27.9);
  });
});

describe('systemRandom', () => {
  it('stays inside [0, 1)', () => {
    for (let i = 0; i < 1000; i++) {
      const value = systemRandom.next();
      expect(value >= 0 && value < 1).toBe(true);
    }
  });
});

describe('Secret', () => {
  it('cannot be shown by accident', () => {
    const secret = new Secret('hunter2');
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }),
      inspect(secret),
    ];
    for (const text of shown) expect(text).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});
