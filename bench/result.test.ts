import { describe, expect, it } from 'vitest';
import { benchLine, judge, meets } from './result.ts';

describe('bench results', () => {
  it.each([
    [2, '>= 2', true],
    [1.99, '>= 2', false],
    [30, '<= 30 s', true],
    [30_000, '>= 30,000', true],
    [0, '== 0', true],
    [1, '> 1', false],
  ])('%d against %s: %s', (value, target, expected) => expect(meets(value, target)).toBe(expected));

  it('compares the ratio where there is one', () => {
    expect(judge({ name: 'a', value: 5, unit: 'x', ratio: 1.5, target: '>= 2' }).holds).toBe(false);
    expect(judge({ name: 'a', value: 5, unit: 'x', target: '>= 2' }).holds).toBe(true);
  });

  it('refuses a made-up answer and a missing figure', () => {
    expect(() => judge({ name: 'a', value: 1, unit: 'x', target: '>= 2', holds: true })).toThrow(
      'says holds',
    );
    expect(() => judge({ name: 'a', value: Number.NaN, unit: 'x' })).toThrow('not a figure');
    expect(() => meets(1, 'fast')).toThrow('comparison');
  });

  it('holds as a whole only when something was measured and every target is met', () => {
    expect(benchLine('b', []).holds).toBe(false);
    expect(benchLine('b', [{ name: 'a', value: 1, unit: 'x' }]).holds).toBe(true);
    const mixed = [
      { name: 'a', value: 1, unit: 'x', target: '>= 1' },
      { name: 'b', value: 1, unit: 'x', target: '>= 2' },
    ];
    expect(benchLine('b', mixed).holds).toBe(false);
  });
});
