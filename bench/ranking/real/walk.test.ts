import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/metrics/day.ts';
import { DEFAULT_COPY_TERMS } from '../../../src/ranking/copy_returns.ts';
import { smallWorldOptions } from '../../../src/simulator/agents/world.ts';
import { writeArchive } from '../../../src/simulator/population/archive.ts';
import { compressFrame } from '../../../src/simulator/population/lz4_frame.ts';
import { populatedWorld } from '../../../src/simulator/population/populated_world.ts';
import { inOrder, live } from './life.ts';
import { type RealWorld, readWorld } from './source.ts';
import { meanInterval, slope } from './statistics.ts';
import { figures, printWalk, walk } from './walk.ts';

const RECORDED = new URL('../../../../shared/data/fills/mainnet-trader-fills.json', import.meta.url);
const quiet = (): void => undefined;

const START = Date.UTC(2026, 0, 1);
const TRADERS = 14;
const DAYS = 48;

/** The price of a coin in an hour, a smooth walk of its own. */
const priceAt = (coin: string, hour: number): number =>
  Math.round(
    (coin === 'BTC' ? 60_000 : 3_000) * (1 + 0.05 * Math.sin(hour / 37) + 0.02 * Math.sin(hour / 5)),
  );

/** Each hour's blocks: everybody opens in the morning and closes in the evening, each in his own hours. */
function archiveHour(hour: number): string[] {
  const lines: string[] = [];
  for (let k = 0; k < TRADERS; k++) {
    const opens = hour % 24 === k % 8;
    const closes = hour % 24 === 12 + (k % 8);
    if (!opens && !closes) continue;
    const coin = k % 3 === 0 ? 'ETH' : 'BTC';
    const long = (k + Math.floor(hour / 24)) % 2 === 0;
    const size = (0.1 * (k + 1)).toFixed(2);
    const time = START + hour * 3_600_000 + k;
    const move = priceAt(coin, hour) - priceAt(coin, hour - 12);
    const fill = {
      coin,
      px: String(priceAt(coin, hour)),
      sz: size,
      side: long === opens ? 'B' : 'A',
      time,
      startPosition: opens ? '0.0' : long ? size : `-${size}`,
      dir: 'x',
      closedPnl: closes ? (Number(size) * move * (long ? 1 : -1)).toFixed(6) : '0.0',
      oid: time,
      crossed: true,
      fee: '0.5',
      tid: time,
      feeToken: 'USDC',
    };
    const user = `0x${(k + 1).toString(16).padStart(40, '0')}`;
    lines.push(JSON.stringify({ block_time: 'x', block_number: hour, events: [[user, fill]] }));
  }
  return lines;
}

describe('a walk over an archive', { timeout: 120_000 }, () => {
  let folder = '';
  let world: RealWorld;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'walk-'));
    for (let day = 0; day < DAYS; day++) {
      const lines = Array.from({ length: 24 }, (_, hour) => archiveHour(24 * day + hour)).flat();
      await writeFile(join(folder, `${day}.lz4`), compressFrame(Buffer.from(`${lines.join('\n')}\n`)));
    }
    world = await readWorld(folder, quiet);
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }), 60_000);

  it('ranks at each boundary and follows, with every ranking of the proof', () => {
    expect(world.traders.size).toBe(TRADERS);
    const folds = walk(world, 7);
    expect(folds).toHaveLength(2);
    expect(folds[0]?.universe).toBe(TRADERS);
    expect(Object.keys(folds[0]?.rows ?? {})).toEqual(
      expect.arrayContaining([
        'classic',
        'ROI + gates',
        'venue leaderboard (PnL of 30 d)',
        'copyScore',
        'random',
      ]),
    );
    // Too few folds for a verdict: figures without targets.
    for (const { target } of figures(folds, world)) expect(target).toBeUndefined();
    expect(printWalk(folds, 7)).toContain('copyScore');
  });

  it('knows at a boundary what it would know had the future not happened', () => {
    const { tape } = world;
    const context = {
      now: (tape.firstDay + 32) * DAY_MS,
      terms: DEFAULT_COPY_TERMS,
      bitcoin: tape.market('BTC'),
      ether: tape.market('ETH'),
    };
    for (const all of world.traders.values()) {
      const fills = inOrder(all);
      const past = fills.filter(({ time }) => time < context.now);
      const whole = live(fills, tape, 7, context, world.completeSince);
      expect(whole).not.toBeNull();
      expect(live(past, tape, 7, context, world.completeSince)?.seen).toEqual(whole?.seen);
      expect(whole?.seen.features).toMatchObject({ complete: 1, activeDays: 31, losses: expect.any(Number) });
    }
  });

  it('earns the move of what is held, less the fee, over the largest notional', () => {
    const { tape } = world;
    const [[, all] = ['', []]] = world.traders;
    const fills = inOrder(all).slice(0, 2);
    const context = {
      now: (tape.firstDay + 30) * DAY_MS,
      terms: DEFAULT_COPY_TERMS,
      bitcoin: tape.market('BTC'),
      ether: tape.market('ETH'),
    };
    const [open, close] = fills;
    const held = Math.abs(open?.size ?? 0) * (open?.price ?? 0);
    const gain = (open?.size ?? 0) * ((close?.price ?? 0) - (open?.price ?? 0));
    const lived = live(fills, tape, 7, context, null);
    expect(lived?.seen.pnl).toBeCloseTo((gain - 1e6) / 1e6, 6);
    expect(lived?.seen.roi).toBeCloseTo((gain - 1e6) / held, 9);
  });
});

describe('an archive of the simulator', { timeout: 120_000 }, () => {
  it('is read whole, and too short for a fold', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'walk-'));
    const options = smallWorldOptions('walk', Date.UTC(2026, 2, 10));
    const { records, past } = populatedWorld(options, { traders: 3, days: 1 });
    await writeArchive(records, folder);
    const world = await readWorld(folder, quiet);
    for (const account of past.accounts) {
      const shown = records.fills(account).filter(({ coin }) => !/^[@+#]|\//.test(String(coin))).length;
      expect(world.traders.get(account.member.address)?.length ?? 0).toBe(shown);
    }
    expect(walk(world, 7)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });
});

describe('answers of userFillsByTime', { timeout: 60_000 }, () => {
  it('without a fill are an error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'walk-'));
    await writeFile(join(folder, 'nobody.json'), '[]');
    await expect(readWorld(folder, quiet)).rejects.toThrow(/no fill/);
    await rm(folder, { recursive: true });
  });
  it.skipIf(!existsSync(RECORDED))(
    'as recorded are taken whole (skipped where absent), too short for a fold',
    async () => {
      const world = await readWorld(RECORDED.pathname, quiet);
      expect(world.traders.size).toBe(4);
      expect([...world.traders.values()].reduce((sum, fills) => sum + fills.length, 0)).toBeGreaterThan(
        1_000,
      );
      const folds = walk(world, 7);
      expect(folds).toEqual([]);
      expect(printWalk(folds, 7)).toContain('too short');
      expect(figures(folds, world)).toContainEqual({
        name: 'traders in the source',
        value: 4,
        unit: 'traders',
      });
    },
  );
});

describe('statistics of folds', () => {
  it('give an interval around the mean and a slope, and none of too little', () => {
    const { low, high } = meanInterval([0.1, 0.2, 0.3, 0.2, 0.1, 0.3]);
    expect(low).toBeGreaterThan(0.1);
    expect(high).toBeLessThan(0.3);
    expect(low).toBeLessThan(0.2);
    expect(meanInterval([1, 2]).low).toBeNaN();
    expect(
      slope([
        [0, 0],
        [1, 2],
        [2, 4],
      ]),
    ).toBe(2);
    expect(
      slope([
        [1, 0],
        [1, 2],
      ]),
    ).toBeNaN();
  });
});
