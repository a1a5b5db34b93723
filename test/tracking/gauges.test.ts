import { afterEach, beforeEach, expect, it } from 'vitest';
import { TrackingGauges } from '../../src/main/tracking/tracking_gauges.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { givePositions, populate } from './population.ts';

const NOW = 1_700_000_000_000;

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(() => test.close());

/** "name{labels} value", without help and types. */
const linesOf = async (gauges: TrackingGauges): Promise<string[]> =>
  (await gauges.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('says nothing of what is not known', async () => {
  const gauges = new TrackingGauges();
  expect(await linesOf(gauges)).toEqual([]);
  await gauges.refresh(test.database, [], NOW);
  const lines = await linesOf(gauges);
  expect(lines).toContain('autotrade_poll_requests 0');
  expect(lines.filter((line) => /drift|age_seconds|known/.test(line))).toEqual([]);
});

it('measures the sweep, the book, the queue and the tasks', async () => {
  await populate(test.database, 100);
  await givePositions(test.database, 1, [1, 2]);
  const sql = (text: string) => test.database.query(text);
  await sql(`UPDATE traders SET last_tracked_at = ${NOW} - trader_id * 1000 WHERE trader_id <= 80`);
  await sql(`INSERT INTO tracking_turns (trader_id, failures, last_error) VALUES (9, 2, 'VENUE_SCHEMA')`);
  await sql(
    `INSERT INTO poll_requests (trader_id, dex, priority, reason, requested_at) VALUES (4, '', 3, 'gap', 1)`,
  );
  await sql(`SELECT create_day_partition('task_runs', (${NOW} / 86400000)::int4)`);
  await sql(`INSERT INTO task_runs (task, job_id, attempt, worker, started_at, deadline_at, outcome)
    VALUES ('t', '1', 1, 'w', ${NOW} - 5, ${NOW}, 'failed'), ('t', '2', 1, 'w', ${NOW} - 4, ${NOW}, NULL)`);
  await sql(`SELECT create_day_partition('account_snapshots', (${NOW} / 86400000)::int4)`);
  await sql(`INSERT INTO account_snapshots (snapshot_id, trader_id, dex, state_time, requested_at, received_at,
      account_value_usd, notional_usd, margin_used_usd, withdrawable_usd, coin_ids, sizes, entry_prices)
    SELECT id, 1, '', ${NOW} - id, 0, 0, 1, 1, 1, 1, '{}', '{}', '{}' FROM generate_series(1, 50) AS id`);
  await sql(`INSERT INTO drift_records (snapshot_id, trader_id, coin_id, book_size, venue_size, known, cause, state_time,
      recorded_at) VALUES (1, 1, 1, 1, 2, 'exact', 'unexplained', ${NOW}, ${NOW} - 10)`);
  const gauges = new TrackingGauges();
  await gauges.refresh(
    test.database,
    [{ queue: 'tracking', waiting: 1, active: 2, delayed: 3, failed: 4 }],
    NOW,
  );
  const lines = await linesOf(gauges);
  for (const line of [
    'autotrade_traders_by_audit{state="tracked"} 80',
    'autotrade_traders_by_audit{state="never"} 20',
    'autotrade_traders_by_audit{state="failing"} 1',
    'autotrade_sweep_age_seconds{of="oldest"} 80',
    'autotrade_sweep_age_seconds{of="p95"} 76',
    'autotrade_poll_requests 1',
    'autotrade_positions_known{known="estimated"} 2',
    'autotrade_audits_last_day 50',
    'autotrade_drift_per_100k_audits 2000',
    'autotrade_queue_jobs{queue="tracking",state="active"} 2',
    'autotrade_task_runs_last_hour{task="t",outcome="failed"} 1',
    'autotrade_task_runs_last_hour{task="t",outcome="unfinished"} 1',
  ])
    expect(lines).toContain(line);
});
