import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetLossesBefore, insertFeedGaps } from '../../src/store/feed_gaps.ts';
import { dropChangesBefore } from '../../src/store/log_retention.ts';
import { readLogSpan } from '../../src/store/read_changes.ts';
import { appendChanges, beginLog } from '../api/log.ts';
import { addCoins, addTraders, EPOCH } from '../api/market.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

/** Offsets in one partition, here. */
const SPAN = 10;
const OLD = EPOCH;
const NEW = EPOCH + 1_000_000;

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
  await test.database.query(
    `UPDATE partitioned_tables SET span = ${SPAN} WHERE table_name = 'position_changes'`,
  );
  await addCoins(test.database, ['BTC']);
  await addTraders(test.database, [{ id: 1 }]);
  await beginLog(test.database);
});
afterEach(() => test.close());

/** Appends up to and with the offset, as committed at the time. */
async function fillTo(offset: number, committedAt: number): Promise<void> {
  for (;;) {
    const head = (await readLogSpan(test.database))?.head ?? 0;
    if (head >= offset) return;
    const next = Math.min(offset, head + SPAN - ((head + 1) % SPAN));
    await appendChanges(
      test.database,
      Array.from({ length: next - head }, () => ({ trader: 1 })),
      committedAt,
    );
  }
}

const checkpoint = (through: number) =>
  test.database.query('UPDATE stream_state SET positions_through = $1', [through]);

describe('retention of the event log', () => {
  it('drops whole partitions that are old, and the log then begins behind them', async () => {
    await fillTo(24, OLD);
    await fillTo(45, NEW);
    await checkpoint(46);
    const dropped = await dropChangesBefore(test.database, NEW);
    expect(dropped).toHaveLength(2);
    // The partition of 20 to 29 holds new ones too.
    expect(await readLogSpan(test.database)).toEqual({ epoch: EPOCH, first: 20, head: 45 });
    expect(await dropChangesBefore(test.database, NEW)).toEqual([]);
    expect(await dropChangesBefore(test.database, NEW + 1)).toHaveLength(2);
    expect(await readLogSpan(test.database)).toEqual({ epoch: EPOCH, first: 40, head: 45 });
  });

  it('keeps what the checkpoint of positions has not passed, however old', async () => {
    await fillTo(45, OLD);
    await checkpoint(19);
    await dropChangesBefore(test.database, NEW);
    expect((await readLogSpan(test.database))?.first).toBe(10);
    await checkpoint(20);
    await dropChangesBefore(test.database, NEW);
    expect((await readLogSpan(test.database))?.first).toBe(20);
  });

  it('keeps the partition that is being written', async () => {
    await fillTo(45, OLD);
    await checkpoint(46);
    await dropChangesBefore(test.database, NEW);
    expect(await readLogSpan(test.database)).toEqual({ epoch: EPOCH, first: 40, head: 45 });
  });

  it('drops older epochs, which no reader can resume', async () => {
    await fillTo(15, OLD);
    await beginLog(test.database, EPOCH + 5);
    await fillTo(5, NEW);
    expect(await dropChangesBefore(test.database, OLD)).toHaveLength(2);
    expect(await readLogSpan(test.database)).toEqual({ epoch: EPOCH + 5, first: 1, head: 5 });
  });
});

it('forgets old gaps, and not what they did to positions', async () => {
  const { database } = test;
  const gap = (to: number) => ({ coin: 1, from: 1, to, reason: 'cut' });
  await insertFeedGaps(database, [gap(2), gap(3)], OLD);
  await insertFeedGaps(database, [gap(4)], NEW);
  expect(await forgetLossesBefore(database, NEW)).toBe(2);
  const left = await database.query('SELECT to_time FROM feed_gaps');
  expect(left.rows).toEqual([{ to_time: 4 }]);
  await forgetLossesBefore(database, NEW + 1);
  const since = await database.query('SELECT exact_since FROM coin_feed');
  expect(since.rows).toEqual([{ exact_since: 5 }]);
});
