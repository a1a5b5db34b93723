import { describe, expect, it } from 'vitest';
import { groupedAddress, shortAddress } from './address.ts';
import { formatClock, formatDay, formatWhen } from './time.ts';

const NOON = Date.UTC(2026, 2, 12, 14, 2, 9, 45);

describe('times', () => {
  it('are UTC whatever the machine says', () => {
    expect(formatClock(NOON)).toBe('14:02:09');
    expect(formatDay(NOON)).toBe('12 Mar 14:02 UTC');
  });
  it('are relative below a day, then the day', () => {
    expect(formatWhen(NOON, NOON + 400)).toBe('now');
    expect(formatWhen(NOON + 5_000, NOON)).toBe('now');
    expect(formatWhen(NOON, NOON + 8_000)).toBe('8 s ago');
    expect(formatWhen(NOON, NOON + 8_040_000)).toBe('2 h 14 m ago');
    expect(formatWhen(NOON, NOON + 86_400_000)).toBe('12 Mar 14:02 UTC');
  });
});

describe('addresses', () => {
  const address = '0x12ab34cd56ef78901234567890abcdef12349f0c';
  it('are shortened 6 and 4', () => expect(shortAddress(address)).toBe('0x12ab34\u20269f0c'));
  it('are shown whole in groups of four', () => {
    const grouped = groupedAddress(address);
    expect(grouped.replaceAll(' ', '')).toBe(address);
    expect(grouped).toMatch(/^0x( [0-9a-f]{4}){10}$/);
  });
});
