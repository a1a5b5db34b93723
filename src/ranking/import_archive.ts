/** Takes hours of the venue's public fill archive in, each whole or not at all; what is there already is skipped. */
import { archivedFills, type LineCounts } from '../hyperliquid/archive/lines.ts';
import { expandFrames } from '../hyperliquid/archive/lz4_frames.ts';
import type { ArchiveSource } from '../hyperliquid/archive/source.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  readImportedHours,
  readKnownAddresses,
  rereadTruncated,
  storeArchivedHour,
} from '../store/archived_fills.ts';
import type { Database } from '../store/database.ts';

export interface ImportOptions {
  readonly database: Database;
  readonly source: ArchiveSource;
  readonly clock: Clock;
  /** ms UTC. */
  readonly from: number;
  readonly to: number;
  /** Everybody's fills, not only those of traders that are known. */
  readonly everybody: boolean;
  /** Take hours in again that are there already. */
  readonly again: boolean;
  readonly onHour?: (hour: number, counts: LineCounts) => void;
}

export interface ImportReport extends LineCounts {
  hours: number;
  skipped: number;
  /** Traders whose record is made anew. */
  reread: number;
}

/** @throws AppError of the source, `LZ4_DAMAGED`. Hours before the failing one stay imported. */
export async function importArchive(options: ImportOptions, signal: AbortSignal): Promise<ImportReport> {
  const { database, source, clock, from, to } = options;
  const hours = await source.hours(from, to);
  const done = new Set(options.again ? [] : await readImportedHours(database, hours[0] ?? 0, to));
  const known = options.everybody ? null : await readKnownAddresses(database);
  const wanted = (address: string): boolean => known === null || known.has(address);
  const report: ImportReport = { hours: 0, skipped: 0, lines: 0, fills: 0, unread: 0, reread: 0 };
  for (const hour of hours) {
    signal.throwIfAborted();
    if (done.has(hour)) {
      report.skipped++;
      continue;
    }
    const counts: LineCounts = { lines: 0, fills: 0, unread: 0 };
    const fills = new Map<string, unknown[]>();
    for await (const { address, fill } of archivedFills(expandFrames(source.open(hour)), wanted, counts)) {
      const list = fills.get(address);
      if (list === undefined) fills.set(address, [fill]);
      else list.push(fill);
    }
    await storeArchivedHour(database, hour, fills, clock.now());
    report.hours++;
    for (const name of ['lines', 'fills', 'unread'] as const) report[name] += counts[name];
    options.onHour?.(hour, counts);
  }
  report.reread = await rereadTruncated(database);
  return report;
}
