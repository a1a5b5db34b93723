/** The world stamp: a database belongs to one network and one world for ever. */
import type { Clock } from '../runtime/clock.ts';
import { ConfigError } from '../runtime/errors.ts';
import type { Database, Queryable } from './database.ts';

export type Network = 'simulator' | 'mainnet' | 'testnet';

export interface WorldId {
  readonly network: Network;
  /** Which world of that network: the network's own name on the real ones, the simulator's world otherwise. */
  readonly worldId: string;
}

export interface World extends WorldId {
  /** Epoch of the event log, ms of its beginning: changes on create, reset and restore only; never repeats. */
  readonly epoch: number;
  /** ms */
  readonly createdAt: number;
}

type Stamp = Pick<WorldRow, 'network' | 'world_id'>;

interface WorldRow {
  network: Network;
  world_id: string;
  epoch: number;
  created_at: number;
  same_cluster: boolean;
}

const CLUSTER_ID = '(SELECT system_identifier::text FROM pg_control_system())';

/**
 * Stamps a fresh database, or checks the stamp of a used one. A database that was restored into another cluster
 * (dump and restore) begins a new epoch here, so that no reader mistakes its log for the old one.
 * @throws ConfigError `WORLD_MISMATCH` when it belongs to another network or world.
 */
export async function stampWorld(database: Database, expected: WorldId, clock: Clock): Promise<World> {
  return database.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO world (network, world_id, epoch, cluster_id, created_at)
       VALUES ($1, $2, $3, ${CLUSTER_ID}, $3) ON CONFLICT DO NOTHING`,
      [expected.network, expected.worldId, clock.now()],
    );
    const found = await lockWorld(tx);
    refuseUnlessSame(found, expected);
    if (!found.same_cluster) return beginEpoch(tx, clock);
    return toWorld(found);
  });
}

/**
 * To be called before a database is changed in any way, its schema included: whose it is, if it is anybody's.
 * @throws ConfigError `WORLD_MISMATCH` when it belongs to another network or world.
 */
export async function refuseOtherWorld(database: Queryable, expected: WorldId): Promise<void> {
  const table = await database.query<{ name: string | null }>("SELECT to_regclass('public.world') AS name");
  if (table.rows[0]?.name == null) return;
  const { rows } = await database.query<Stamp>('SELECT network, world_id FROM world');
  if (rows[0] !== undefined) refuseUnlessSame(rows[0], expected);
}

function refuseUnlessSame(found: Stamp, expected: WorldId): void {
  if (found.network === expected.network && found.world_id === expected.worldId) return;
  throw new ConfigError(
    'WORLD_MISMATCH',
    `this database belongs to network "${found.network}", world "${found.world_id}", but the configuration says ` +
      `network "${expected.network}", world "${expected.worldId}". Use another DATA_DIR or DATABASE_URL for it; ` +
      'worlds never mix.',
  );
}

/** @throws ConfigError `WORLD_MISSING` on a database that was never stamped. */
export async function readWorld(database: Queryable): Promise<World> {
  const { rows } = await database.query<WorldRow>('SELECT network, world_id, epoch, created_at FROM world');
  const [row] = rows;
  if (row === undefined) {
    throw new ConfigError(
      'WORLD_MISSING',
      'this database has no world stamp yet: run `autotrade db migrate` first',
    );
  }
  return toWorld(row);
}

/** To be called after a restore and after a reset of the log: readers with older cursors are told to start over. */
export async function startNewEpoch(database: Database, clock: Clock): Promise<World> {
  return database.transaction(async (tx) => {
    await lockWorld(tx);
    return beginEpoch(tx, clock);
  });
}

async function lockWorld(tx: Queryable): Promise<WorldRow> {
  const { rows } = await tx.query<WorldRow>(
    `SELECT network, world_id, epoch, created_at, cluster_id = ${CLUSTER_ID} AS same_cluster FROM world FOR UPDATE`,
  );
  const [row] = rows;
  if (row === undefined) {
    throw new ConfigError(
      'WORLD_MISSING',
      'this database has no world stamp yet: run `autotrade db migrate` first',
    );
  }
  return row;
}

export async function beginEpoch(tx: Queryable, clock: Clock): Promise<World> {
  const { rows } = await tx.query<WorldRow>(
    `UPDATE world SET epoch = greatest(epoch + 1, $1), cluster_id = ${CLUSTER_ID}
     RETURNING network, world_id, epoch, created_at`,
    [clock.now()],
  );
  return toWorld(rows[0] as WorldRow);
}

const toWorld = (row: WorldRow): World => ({
  network: row.network,
  worldId: row.world_id,
  epoch: row.epoch,
  createdAt: row.created_at,
});
