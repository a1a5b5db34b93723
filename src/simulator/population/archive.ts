/**
 * The past as the files of the venue's public archive: node_fills_by_block/hourly/YYYYMMDD/H.lz4, one line of JSON
 * a block with both sides of every trade, for whoever wants more than the newest fills.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../runtime/folder.ts';
import { viewFill } from '../venue/views.ts';
import { answer, Fold } from './fold.ts';
import { compressFrame } from './lz4_frame.ts';
import { HOUR_MS } from './market_history.ts';
import type { AccountPast, Past } from './past.ts';
import type { PastRecords } from './past_records.ts';

/** Block numbers of the archive: a block every 70 ms since 2023. */
const FIRST_BLOCK_TIME = Date.UTC(2023, 1, 26);
const BLOCK_MS = 70;

export interface ArchiveFile {
  /** Below the archive's folder, with forward slashes. */
  readonly path: string;
  /** Lines of JSON before compression. */
  readonly lines: readonly string[];
}

/** The venue's folder of an hour; the hour is not zero-padded. */
export function archivePath(hourStart: number): string {
  const date = new Date(hourStart);
  const day = date.toISOString().slice(0, 10).replaceAll('-', '');
  return `node_fills_by_block/hourly/${day}/${date.getUTCHours()}.lz4`;
}

/** ISO time without a zone, nine decimals, as the archive writes it. */
const archiveTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000000`;

/** Hour after hour, oldest first; hours without a fill are absent. */
function* archiveHours(records: PastRecords): Generator<ArchiveFile> {
  const { past } = records;
  const folds = new Map<number, Fold>();
  let lines: string[] = [];
  let hour = Number.NaN;
  for (let place = 0; place < past.order.length; ) {
    const time = past.rows.time[past.order[place] as number] as number;
    const start = Math.floor(time / HOUR_MS) * HOUR_MS;
    if (start !== hour && lines.length > 0) {
      yield { path: archivePath(hour), lines };
      lines = [];
    }
    hour = start;
    const events: unknown[] = [];
    for (; place < past.order.length; place++) {
      const row = past.order[place] as number;
      if (past.rows.time[row] !== time) break;
      events.push(...bothSides(records, folds, row));
    }
    lines.push(
      JSON.stringify({
        local_time: archiveTime(time + 180),
        block_time: archiveTime(time),
        block_number: Math.floor((time - FIRST_BLOCK_TIME) / BLOCK_MS),
        events,
      }),
    );
  }
  if (lines.length > 0) yield { path: archivePath(hour), lines };
}

function bothSides(records: PastRecords, folds: Map<number, Fold>, row: number): unknown[] {
  const { past } = records;
  return [past.rows.owner[row] as number, past.rows.counter[row] as number].map((index) => {
    const account = past.accounts[index] as AccountPast;
    const fold = folds.get(index) ?? openFold(past, folds, account);
    answer(fold, index, past.rows, row);
    return [account.member.address, viewFill(records.fillOf(row, index, fold))];
  });
}

function openFold(past: Past, folds: Map<number, Fold>, account: AccountPast): Fold {
  const fold = new Fold(past.market, account.member.terms, account.opening.time);
  folds.set(account.member.index, fold);
  return fold;
}

/** Writes every hour below `folder`, hour by hour, until `signal` aborts. @returns how many files */
export async function writeArchive(
  records: PastRecords,
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly files: number }> {
  let files = 0;
  for (const { path, lines } of archiveHours(records)) {
    if (signal?.aborted) break;
    const file = join(folder, path);
    makeFolder(dirname(file));
    await writeFile(file, compressFrame(Buffer.from(`${lines.join('\n')}\n`, 'utf8')));
    files += 1;
  }
  return { files };
}
