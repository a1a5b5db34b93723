import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBoardBytes } from '../../src/store/board_bytes.ts';
import {
  type Publication,
  type PublishedBoard,
  publishBoards,
  readBoardHeads,
} from '../../src/store/leaderboard.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { until } from '../until.ts';
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
  const board = (windowDays: number, parts: readonly Uint8Array[]): PublishedBoard => ({
    windowDays,
    traders: 1,
    copyRanked: 1,
    parts,
  });
  const SHARED = pieces(9_001, 99);
  const of = (version: number, boards: readonly PublishedBoard[]): Publication => ({
    version,
    watermark: `w${version}`,
    computedAt: version,
    shared: SHARED,
    boards,
  });
  const publish = (version: number, ...boards: PublishedBoard[]) =>
    test.database.transaction((tx) => publishBoards(tx, of(version, boards)));
  const whole = (parts: readonly Uint8Array[]) => Buffer.concat([...parts, ...SHARED]);
  const read = async (windowDays: number, database: Parameters<typeof readBoardBytes>[0] = test.database) => {
    const bytes = await readBoardBytes(database, windowDays);
    return bytes && Buffer.from(bytes);
  };
  const versions = async () => {
    const heads = await readBoardHeads(test.database);
    return heads.map(({ windowDays, version }) => [windowDays, version]).sort();
  };

  it('are read as they were written, each publication in place of the one before', async () => {
    // More than a socket takes at once, a whole number of parts, and less than one.
    const large = pieces(25_000_017, 1);
    const even = pieces(24_000, 2);
    const small = pieces(40, 3);
    await publish(1, board(7, large), board(90, even));
    expect((await read(7))?.equals(whole(large))).toBe(true);
    expect((await read(90))?.equals(whole(even))).toBe(true);
    expect(await read(30)).toBeUndefined();
    for (const version of [2, 3, 4]) {
      await publish(version, board(7, small), board(30, even));
      expect((await read(7))?.equals(whole(small))).toBe(true);
      expect((await read(30))?.equals(whole(even))).toBe(true);
      expect(await read(90)).toBeUndefined();
      expect(await versions()).toEqual([
        [30, version],
        [7, version],
      ]);
    }
    const { rows } = await test.database.query(
      'SELECT bytes FROM leaderboard_snapshots ORDER BY window_days',
    );
    expect(rows).toEqual([{ bytes: 40 + 9_001 }, { bytes: 24_000 + 9_001 }]);
  });

  it('stay as they were when a publication fails', async () => {
    await publish(5, board(90, pieces(24_000, 5)));
    const failing = test.database.transaction(async (tx) => {
      await publishBoards(tx, of(6, [board(90, pieces(100, 6))]));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await read(90))?.byteLength).toBe(24_000 + 9_001);
    await publish(7, board(90, pieces(100, 7)));
    expect((await read(90))?.equals(whole(pieces(100, 7)))).toBe(true);
  });

  it('are seen whole or not at all while the next are written, and nobody waits for them', async () => {
    const old = pieces(24_000, 8);
    const next = pieces(50_000, 9);
    await publish(8, board(7, old), board(90, old));
    await test.database.transaction(async (tx) => {
      await publishBoards(tx, of(9, [board(7, next), board(90, next)]));
      for (const window of [7, 90]) expect((await read(window))?.equals(whole(old))).toBe(true);
      expect(await versions()).toEqual([
        [7, 8],
        [90, 8],
      ]);
    });
    for (const window of [7, 90]) expect((await read(window))?.equals(whole(next))).toBe(true);
  });

  it.each([
    [1, 'as they were'],
    [2, 'as they are now'],
  ])('are read whole by whoever is overtaken by %i publications, %s', async (publications, what) => {
    const { database } = test;
    const first = 100 * publications;
    const bytes = (version: number) => Buffer.concat(pieces(24_000 + 8_000 * (version % 3), version));
    const publishVersion = (version: number) => publish(version, board(7, [bytes(version)]));
    await publishVersion(first);
    const overtaking = Array.from({ length: publications }, (_, k) => first + 1 + k);
    const got = await read(7, {
      transaction: (body) =>
        database.transaction((tx) =>
          body({
            ...tx,
            query: async <Row>(text: string, params?: readonly unknown[], name?: string) => {
              const head = await tx.query<Row>(text, params, name);
              for (const version of overtaking.splice(0)) await publishVersion(version);
              return head;
            },
          }),
        ),
    });
    expect(overtaking).toEqual([]);
    expect(got?.equals(whole([bytes(what === 'as they were' ? first : first + publications)]))).toBe(true);
  });

  it('are published while a dump holds both slots', async () => {
    await test.database.transaction(async (dump) => {
      await dump.query('LOCK TABLE leaderboard_parts_0, leaderboard_parts_1 IN ACCESS SHARE MODE');
      for (const version of [31, 32, 33]) {
        await publish(version, board(7, pieces(24_000, version)));
        expect((await read(7))?.equals(whole(pieces(24_000, version)))).toBe(true);
      }
    });
  });

  it('of two at a time are one after the other, in the other slot', async () => {
    const { database } = test;
    const slot = async () => (await database.query('SELECT DISTINCT slot FROM leaderboard_snapshots')).rows;
    let second: Promise<void> | undefined;
    const [first] = await slot();
    await database.transaction(async (tx) => {
      await publishBoards(tx, of(41, [board(7, pieces(100, 41))]));
      second = publish(42, board(7, pieces(200, 42)));
      await until(async () => {
        const { rows } = await tx.query(
          `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()`,
        );
        return rows.length > 0;
      }, 'the second to wait');
    });
    await second;
    // The first took the other, so the second has this one again.
    expect(await slot()).toEqual([first]);
    expect((await read(7))?.equals(whole(pieces(200, 42)))).toBe(true);
  });
});
