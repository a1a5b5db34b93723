import { describe, expect, it } from 'vitest';
import { FURTHER_METRICS, type FurtherMetric } from '../domain/board_metrics.ts';
import type { Database } from '../store/database.ts';
import { BoardColumns, BoardReplacedError } from './board_columns.ts';

const boardOf = (version: number) => ({ header: { version, size: 3 }, rowFinder: () => () => undefined });

/** A database whose readings end when they are told to: with whether the version is still published, or an error. */
function readings() {
  const ends: ((outcome: boolean | Error) => void)[] = [];
  const db = {
    transaction: () =>
      new Promise<never>((resolve, reject) => {
        ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome as never)));
      }),
  } as Pick<Database, 'transaction'>;
  let ended = 0;
  /** Ends the reading that runs, if one has begun. */
  const end = async (outcome: boolean | Error = true) => {
    for (let k = 0; k < 20 && ends.length === ended; k++) await Promise.resolve();
    if (ends.length > ended) ends[ended++]?.(outcome);
  };
  return { columns: new BoardColumns(db), end, begun: () => ends.length };
}

const some = (from: number, count: number): FurtherMetric[] => FURTHER_METRICS.slice(from, from + count);

describe('columns of a board', () => {
  it('are read once for all who ask at once or later, several in one reading', async () => {
    const { columns, end, begun } = readings();
    const first = columns.of(90, boardOf(1), ['sortino', 'calmar']);
    const second = columns.of(90, boardOf(1), ['calmar']);
    await end();
    const [both, one] = await Promise.all([first, second]);
    expect([...both.keys()]).toEqual(['sortino', 'calmar']);
    expect(one.get('calmar')).toBe(both.get('calmar'));
    expect(both.get('calmar')).toHaveLength(3);
    expect((await columns.of(90, boardOf(1), ['sortino'])).get('sortino')).toBe(both.get('sortino'));
    expect(begun()).toBe(1);
  });

  it('are those of one window and one version, and forgotten with it', async () => {
    const { columns, end, begun } = readings();
    const read = async (windowDays: number, version: number) => {
      const asked = columns.of(windowDays, boardOf(version), ['skew']);
      await end();
      return (await asked).get('skew');
    };
    const column = await read(90, 1);
    expect(await read(30, 1)).not.toBe(column);
    expect(await read(90, 2)).not.toBe(column);
    expect(begun()).toBe(3);
    columns.forget(90, 1);
    expect(await read(90, 1)).not.toBe(column);
    expect(begun()).toBe(4);
  });

  it('are kept in a bounded number, the last used', async () => {
    const { columns, end, begun } = readings();
    const read = async (metrics: readonly FurtherMetric[]) => {
      const asked = columns.of(90, boardOf(1), metrics);
      await end();
      return asked;
    };
    await read(some(0, 8));
    await read(some(8, 8));
    await read(some(0, 1));
    expect(begun()).toBe(2);
    await read(some(16, 1));
    expect(begun()).toBe(3);
    // The first was used since, the second was not.
    await read(some(0, 1));
    expect(begun()).toBe(3);
    await read(some(1, 1));
    expect(begun()).toBe(4);
  });

  it('that could not be read are read again by the next who asks', async () => {
    const { columns, end } = readings();
    const failed = columns.of(90, boardOf(1), ['skew']);
    const replaced = columns.of(90, boardOf(1), ['calmar']);
    await end(new Error('the connection is lost'));
    await expect(failed).rejects.toThrow('the connection is lost');
    await end(false);
    await expect(replaced).rejects.toThrow(BoardReplacedError);
    const again = columns.of(90, boardOf(1), ['skew', 'calmar']);
    await end();
    expect((await again).size).toBe(2);
  });

  it('are read one reading after the other, and not more of them than may wait', async () => {
    const { columns, end, begun } = readings();
    const asked = some(0, 16).map((metric) => columns.of(90, boardOf(1), [metric]));
    await expect(columns.of(90, boardOf(1), some(16, 1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(begun()).toBe(1);
    for (let k = 0; k < 16; k++) {
      await end();
      await asked[k];
    }
    expect(begun()).toBe(16);
  });
});
