import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PublishedBoard,
  publishBoards,
  readBoardBytes,
  readBoardHeads,
} from '../../src/store/leaderboard.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { contractServers } from './servers.ts';

/** Bytes that repeat nowhere, cut into uneven pieces. */
function pieces(length: number, seed: number): Uint8Array[] {
  const whole = Uint8Array.from({ length }, (_, i) => ((i + seed) * 2_654_435_761) >>> 13);
  const cuts = [0, 1, 7_999, 8_001, 20_000, length].filter((at) => at <= length);
  return cuts.slice(1).map((to, k) => whole.subarray(cuts[k], to));
}

describe.each(await contractServers())('published boards on $name PostgreSQL', ({ server }) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase({ server });
  });
  afterAll(() => test.close());
  const board = (windowDays: number, version: number, parts: readonly Uint8Array[]): PublishedBoard => ({
    windowDays,
    version,
    watermark: `w${version}`,
    computedAt: version,
    parts,
  });
  const read = async (windowDays: number) => {
    const bytes = await readBoardBytes(test.database, windowDays);
    return bytes && Buffer.from(bytes);
  };

  it('are read as they were written, window by window, each in place of the one before', async () => {
    const { database } = test;
    // More than one piece of the stream, a whole number of parts, and less than one.
    const large = pieces(2_500_017, 1);
    const even = pieces(24_000, 2);
    await database.transaction((tx) => publishBoards(tx, [board(7, 1, large), board(90, 1, even)]));
    expect((await read(7))?.equals(Buffer.concat(large))).toBe(true);
    expect((await read(90))?.equals(Buffer.concat(even))).toBe(true);
    const small = pieces(40, 3);
    await database.transaction((tx) => publishBoards(tx, [board(7, 2, small)]));
    expect((await read(7))?.equals(Buffer.concat(small))).toBe(true);
    expect((await read(90))?.equals(Buffer.concat(even))).toBe(true);
    expect(await read(30)).toBeUndefined();
    const heads = await readBoardHeads(database);
    expect(heads.map(({ windowDays, version }) => [windowDays, version]).sort()).toEqual([
      [7, 2],
      [90, 1],
    ]);
    const { rows } = await database.query('SELECT parts FROM leaderboard_snapshots ORDER BY window_days');
    expect(rows).toEqual([{ parts: 1 }, { parts: 3 }]);
  });

  it('stay as they were when a publication fails', async () => {
    const { database } = test;
    const failing = database.transaction(async (tx) => {
      await publishBoards(tx, [board(90, 9, pieces(100, 4))]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await read(90))?.byteLength).toBe(24_000);
  });
});
