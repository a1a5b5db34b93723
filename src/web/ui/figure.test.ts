import { describe, expect, it } from 'vitest';
import { figureOf } from './figure.ts';

describe('figureOf', () => {
  it('tells zero, unknown, not applicable and loading apart', () => {
    expect(figureOf({ v: '0', state: 'zero' }, 'usd')).toMatchObject({ look: 'plain', text: '$0.00' });
    expect(
      figureOf({ v: null, state: 'unknown', reason: 'not backfilled before 12 Mar' }, 'usd'),
    ).toMatchObject({
      look: 'unknown',
      text: '?',
      spoken: 'unknown: not backfilled before 12 Mar',
    });
    expect(figureOf({ v: null, state: 'na' }, 'usd')).toMatchObject({ look: 'na', text: '\u2014' });
    expect(figureOf(undefined, 'usd').look).toBe('loading');
    expect(figureOf(null, 'usd', {}, 'no report')).toMatchObject({
      look: 'unknown',
      spoken: 'unknown: no report',
    });
  });
  it('marks partial and stale values and says so', () => {
    expect(figureOf({ v: '4100', state: 'partial' }, 'usd-compact')).toMatchObject({
      look: 'partial',
      prefix: '\u2265 ',
      text: '$4.10K',
    });
    expect(figureOf({ v: '-4100', state: 'partial' }, 'pnl')).toMatchObject({
      prefix: '\u2248 ',
      text: '\u2212$4,100.00',
    });
    const stale = figureOf({ v: '4', state: 'stale', asOf: 0 }, 'count');
    expect(stale.look).toBe('stale');
    expect(stale.spoken).toContain('1970-01-01T00:00:00.000Z');
  });
  it('gives the exact value where the text is shortened', () => {
    expect(figureOf('1234567.89', 'usd-compact').tip).toBe('$1,234,567.89');
    expect(figureOf('12.5', 'usd').tip).toBeNull();
  });
  it('never shows a number for a cell without one', () => {
    expect(figureOf({ v: null, state: 'ok' }, 'usd').text).toBe('?');
  });
});
