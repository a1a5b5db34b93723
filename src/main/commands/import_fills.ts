import { s3Source } from '../../hyperliquid/archive/s3_source.ts';
import { type ArchiveSource, folderSource } from '../../hyperliquid/archive/source.ts';
import { importArchive } from '../../ranking/import_archive.ts';
import { systemClock } from '../../runtime/clock.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import { withDatabase } from '../command_database.ts';
import type { Command, CommandInput } from './command.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function dayOption(input: CommandInput, name: 'from' | 'to', absent: number): number {
  const text = input.options[name];
  if (text === undefined) return absent;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(String(text))
    ? Date.parse(`${String(text)}T00:00:00Z`)
    : Number.NaN;
  if (Number.isNaN(time)) throw new ConfigError('DAY_INVALID', `--${name} must be a day like 2026-01-31`);
  return time;
}

function sourceOf(place: string, input: CommandInput, signal: AbortSignal): ArchiveSource {
  if (!/^(https?|s3):\/\//.test(place)) return folderSource(place);
  const { settings } = loadSettings(input.source, ['archive']);
  const { ARCHIVE_ACCESS_KEY: accessKey, ARCHIVE_SECRET_KEY: secretKey, ARCHIVE_REGION: region } = settings;
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw new ConfigError(
      'ARCHIVE_KEYS',
      'ARCHIVE_ACCESS_KEY and ARCHIVE_SECRET_KEY belong together: set both or none',
    );
  }
  const keys =
    accessKey !== undefined && secretKey !== undefined
      ? { keys: { accessKey: accessKey.reveal(), secretKey } }
      : {};
  return s3Source({ url: place, region, signal, ...keys });
}

export const importFillsCommand: Command = {
  name: 'import fills',
  usage: '<folder or bucket> [--from 2026-01-01] [--to 2026-01-31] [--everybody] [--again]',
  summary: "take in hours of the exchange's public fill archive",
  help: [
    'Reads node_fills_by_block/hourly/YYYYMMDD/H.lz4 below a folder, an s3:// bucket or an https://host/bucket of any',
    'S3-compatible server, hour by hour; hours that are there already are skipped, so it can be stopped and started',
    'again. Traders whose past the exchange could not tell in full get a record that begins with the archive, at the',
    'next read. Keys for a signed bucket are the settings ARCHIVE_ACCESS_KEY and ARCHIVE_SECRET_KEY.',
    '',
    '  --from, --to   days (UTC), both included; without them the last 200 days',
    '  --everybody    fills of all addresses, not only of the traders that are known',
    '  --again        take hours in again that are there already',
  ].join('\n'),
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    everybody: { type: 'boolean' },
    again: { type: 'boolean' },
  },
  words: { min: 1, max: 1 },
  async run(input) {
    const stop = new AbortController();
    const source = sourceOf(input.words[0] ?? '', input, stop.signal);
    const now = systemClock.now();
    const from = dayOption(input, 'from', now - 200 * DAY_MS);
    const to = input.options['to'] === undefined ? now : dayOption(input, 'to', now) + DAY_MS - HOUR_MS;
    const { settings } = loadSettings(input.source, ['storage']);
    process.once('SIGINT', () =>
      stop.abort(new ConfigError('INTERRUPTED', 'Stopped; start it again to go on.')),
    );
    const report = await withDatabase(settings, (database) =>
      importArchive(
        {
          database,
          source,
          clock: systemClock,
          from,
          to,
          everybody: input.options['everybody'] === true,
          again: input.options['again'] === true,
          onHour: (hour, counts) =>
            input.print(
              `${new Date(hour).toISOString().slice(0, 13)}h  ${counts.fills} fills in ${counts.lines} blocks`,
            ),
        },
        stop.signal,
      ),
    );
    const { hours, skipped, fills, unread, reread } = report;
    input.print(
      `${hours} hours with ${fills} fills taken in, ${skipped} were there, ${unread} rows could not be read, ${reread} records begin anew.`,
    );
    return 0;
  },
};
