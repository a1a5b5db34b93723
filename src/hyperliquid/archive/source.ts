/** Where the public fill archive is: node_fills_by_block/hourly/YYYYMMDD/H.lz4 below a folder or a bucket. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, errorMessage } from '../../runtime/errors.ts';

const HOUR_MS = 3_600_000;
export const ARCHIVE_PREFIX = 'node_fills_by_block/hourly/';

export interface ArchiveSource {
  /** Beginnings of the hours that are there (ms UTC), within [from, to], oldest first. @throws AppError */
  hours(from: number, to: number): Promise<number[]>;
  /** Compressed bytes of an hour. */
  open(hour: number): AsyncIterable<Uint8Array>;
}

/** The hour of a name like "20260103/7.lz4"; undefined for other names. */
function hourOf(name: string): number | undefined {
  const match = /(\d{4})(\d{2})(\d{2})\/(\d{1,2})\.lz4$/.exec(name);
  if (match === null) return undefined;
  const [year, month, day, hour] = match.slice(1).map(Number) as [number, number, number, number];
  return Date.UTC(year, month - 1, day, hour);
}

/** "20260103/7.lz4": the hour is not zero-padded. */
export function nameOf(hour: number): string {
  const date = new Date(hour);
  return `${date.toISOString().slice(0, 10).replaceAll('-', '')}/${date.getUTCHours()}.lz4`;
}

export const dayName = (time: number): string =>
  new Date(time).toISOString().slice(0, 10).replaceAll('-', '');

/** Names that are hours within a span, in order. */
export const hoursWithin = (names: readonly string[], from: number, to: number): number[] =>
  [...new Set(names.map(hourOf))]
    .filter((hour) => hour !== undefined && hour + HOUR_MS > from && hour <= to)
    .sort((a, b) => (a ?? 0) - (b ?? 0)) as number[];

/** A folder that holds the archive's own folders, or is `hourly` itself. */
export function folderSource(folder: string): ArchiveSource {
  let root: Promise<string> | undefined;
  const find = async (): Promise<string> => {
    for (const candidate of [join(folder, ARCHIVE_PREFIX), folder]) {
      const names = await readdir(candidate).catch(() => []);
      if (names.some((name) => /^\d{8}$/.test(name))) return candidate;
    }
    throw new AppError('ARCHIVE_EMPTY', `${folder} holds no ${ARCHIVE_PREFIX}YYYYMMDD/H.lz4`);
  };
  return {
    async hours(from, to) {
      root ??= find();
      const base = await root;
      const days = (await readdir(base)).filter((name) => /^\d{8}$/.test(name));
      const wanted = days.filter((day) => day >= dayName(from) && day <= dayName(to));
      const names: string[] = [];
      for (const day of wanted) {
        for (const name of await readdir(join(base, day))) names.push(`${day}/${name}`);
      }
      return hoursWithin(names, from, to);
    },
    async *open(hour) {
      root ??= find();
      try {
        yield* createReadStream(join(await root, nameOf(hour)));
      } catch (error) {
        throw new AppError('ARCHIVE_READ', `cannot read ${nameOf(hour)}: ${errorMessage(error)}`);
      }
    },
  };
}
