/** The event log as a file, page by page: memory stays flat however long the log is. */
import type { PositionChange } from '../contract/positions.ts';
import type { Queryable } from '../store/database.ts';
import { type ChangeFilterIds, readLogSlice, readLogSpan } from '../store/read_changes.ts';
import { csvLine } from './csv.ts';
import { ApiError } from './errors.ts';
import { changeRow } from './views.ts';

const PAGE = 2_000;
/** Offsets looked at for one page: a filter that matches little must not make one query long. */
const SPAN = 20_000;

export interface ExportRange {
  readonly filter: ChangeFilterIds;
  readonly epoch: number;
  readonly after: number;
  readonly through: number;
  /** Rows at most. */
  readonly limit: number;
}

const HEADER = [
  'epoch',
  'offset',
  'exchange_time_ms',
  'trader',
  'coin',
  'kind',
  'cause',
  'size_before',
  'size_after',
  'price_usd',
  'notional_usd',
  'realised_pnl_usd',
  'realised_pnl_state',
  'known',
  'trade_ids',
  'received_at_ms',
  'committed_at_ms',
];

const csvRow = (change: PositionChange): string =>
  csvLine([
    change.epoch,
    change.offset,
    change.exchangeTime,
    change.trader,
    change.coin,
    change.kind,
    change.cause,
    change.sizeBefore,
    change.sizeAfter,
    change.price,
    change.notionalUsd,
    change.realisedPnlUsd.v,
    change.realisedPnlUsd.state,
    change.known,
    change.tradeIds.join(' '),
    change.receivedAt,
    change.committedAt,
  ]);

/**
 * The file in pieces. Each row carries its place, so a reader of a part can ask for the rest.
 * @throws ApiError `LOG_PLACE_GONE` when retention overtakes it: the file then breaks off rather than skip.
 */
export async function* exportPieces(
  db: Queryable,
  range: ExportRange,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(HEADER);
  let left = range.limit;
  for (let after = range.after; after < range.through && left > 0; ) {
    const through = Math.min(range.through, after + SPAN);
    const limit = Math.min(PAGE, left);
    const views = await readLogSlice(db, { ...range.filter, epoch: range.epoch, after, through, limit });
    // Asked afterwards: what retention dropped before the read is not in it.
    const span = await readLogSpan(db);
    if (span?.epoch !== range.epoch || after < span.first - 1) {
      throw new ApiError('LOG_PLACE_GONE', `Retention has passed ${range.epoch}:${after}.`);
    }
    left -= views.length;
    after = views.length === limit ? (views.at(-1)?.offset ?? through) : through;
    if (views.length === 0) continue;
    const changes = views.map(changeRow);
    yield changes
      .map((change) => (format === 'csv' ? csvRow(change) : `${JSON.stringify(change)}\n`))
      .join('');
  }
}
