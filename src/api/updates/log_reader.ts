/** What readers of a channel are given out of the database: snapshots, and slices that memory no longer holds. */
import type { ChangeFilter, ResetReason } from '../../contract/updates.ts';
import type { LogPlace } from '../../contract/values.ts';
import { parseCoin } from '../../domain/coin.ts';
import type { Database } from '../../store/database.ts';
import {
  type ChangeFilterIds,
  type LogSpan,
  readCoinIds,
  readLogBackward,
  readLogSlice,
  readLogSpan,
  readTraderId,
} from '../../store/read_changes.ts';
import { readPositionsAt } from '../../store/read_positions.ts';
import { changeRow, positionRow } from '../views.ts';
import type { Channel, Snapshot } from './channel.ts';
import { encode } from './connection.ts';
import { makeSlice, SLICE_CHANGES, type Slice } from './slices.ts';

/** A reader further back than this is given a snapshot instead. */
const MAX_BACKLOG = 200_000;
/** Offsets that one read looks through at most, whatever the filter. */
const READ_SPAN = 20_000;
const SNAPSHOT_CHANGES = 100;
/** How far back a snapshot looks for changes that match. */
const SNAPSHOT_SPAN = 20_000;

/** State and newest changes of a channel at one place; `epoch` is said while there is no log. */
export async function readSnapshot(db: Database, channel: Channel, epoch: number): Promise<Snapshot> {
  const ids = await filterIds(db, channel.filter);
  const { traderId } = ids ?? {};
  const { span, positions } =
    traderId === undefined || channel.filter.coin !== undefined || channel.filter.kinds !== undefined
      ? { span: await readLogSpan(db), positions: null }
      : await readPositionsAt(db, traderId);
  const at = { epoch: span?.epoch ?? epoch, offset: span?.head ?? 0 };
  const recent =
    ids === undefined
      ? []
      : await readLogBackward(db, {
          ...ids,
          epoch: at.epoch,
          before: at.offset + 1,
          from: traderId === undefined ? Math.max(0, at.offset - SNAPSHOT_SPAN) : 0,
          limit: SNAPSHOT_CHANGES,
        });
  const frame = encode({
    type: 'snapshot',
    channel: channel.key,
    at,
    positions: positions?.map(positionRow) ?? null,
    recent: recent.reverse().map(changeRow),
  });
  return { at, frame };
}

/** The first slice behind a place; undefined if the log no longer reaches back so far. */
export async function readSlice(
  db: Database,
  channel: Channel,
  from: LogPlace,
  head: number,
): Promise<Slice | undefined> {
  const ids = await filterIds(db, channel.filter);
  const through = Math.min(head, from.offset + READ_SPAN);
  const span = { epoch: from.epoch, after: from.offset, through, limit: SLICE_CHANGES };
  const views = ids === undefined ? [] : await readLogSlice(db, { ...ids, ...span });
  // Asked afterwards: what retention dropped before the read is not in it.
  if (whyNotResume(from, await readLogSpan(db)) !== undefined) return undefined;
  const matching = views.map((view) => {
    const change = changeRow(view);
    return { change, json: JSON.stringify(change) };
  });
  return makeSlice(channel.key, from, matching, through, head);
}

/** The filter in the store's ids; undefined if nothing can match yet. */
async function filterIds(db: Database, filter: ChangeFilter): Promise<ChangeFilterIds | undefined> {
  const traderId = filter.trader === undefined ? undefined : await readTraderId(db, filter.trader);
  if (filter.trader !== undefined && traderId === undefined) return undefined;
  const coin = filter.coin === undefined ? undefined : parseCoin(filter.coin);
  const coinIds = coin && (await readCoinIds(db, coin.dex, coin.name));
  return { traderId, coinIds, kinds: filter.kinds };
}

/** Why a reader cannot go on behind a place; undefined if it can. */
export function whyNotResume(after: LogPlace, span: LogSpan | undefined): ResetReason | undefined {
  if (span === undefined || after.epoch !== span.epoch) return 'EPOCH_CHANGED';
  if (after.offset > span.head) return 'PLACE_IN_FUTURE';
  if (after.offset < span.first - 1) return 'PLACE_TOO_OLD';
  return span.head - after.offset > MAX_BACKLOG ? 'BACKLOG_TOO_LONG' : undefined;
}
