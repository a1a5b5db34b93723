import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import type { Command, CommandInput } from './command.ts';

const POLL_MS = 500;
/** The end of a file that is searched for the last lines. */
const TAIL_BYTES = 1_048_576;

interface Followed {
  readonly service: string;
  readonly path: string;
  inode: number;
  offset: number;
}

function serviceFiles(folder: string, wanted: string | undefined): Followed[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.log'));
  } catch {
    throw new ConfigError('LOGS_MISSING', `There are no logs in ${folder} yet.`);
  }
  const services = names.map((name) => name.slice(0, -'.log'.length)).sort();
  if (wanted !== undefined && !services.includes(wanted))
    throw new ConfigError(
      'LOG_UNKNOWN',
      `There is no log of '${wanted}' in ${folder}. Logs: ${services.join(', ')}`,
    );
  return services
    .filter((service) => wanted === undefined || service === wanted)
    .map((service) => ({ service, path: join(folder, `${service}.log`), inode: 0, offset: 0 }));
}

/** Text from `offset` (or the last TAIL_BYTES) to the end; moves the offset. */
function readOn(file: Followed): string {
  const descriptor = openSync(file.path, 'r');
  try {
    const { ino, size } = fstatSync(descriptor);
    const rotated = file.inode !== 0 && (file.inode !== ino || size < file.offset);
    const from = file.inode === 0 ? Math.max(0, size - TAIL_BYTES) : rotated ? 0 : file.offset;
    const buffer = Buffer.alloc(Math.min(size - from, TAIL_BYTES * 16));
    const read = readSync(descriptor, buffer, 0, buffer.length, from);
    file.inode = ino;
    file.offset = from + read;
    return buffer.toString('utf8', 0, read);
  } finally {
    closeSync(descriptor);
  }
}

function printLines(file: Followed, lines: readonly string[], prefix: boolean, input: CommandInput): void {
  for (const line of lines)
    if (line !== '') input.print(prefix ? `${file.service.padEnd(16)} ${line}` : line);
}

async function run(input: CommandInput): Promise<number> {
  const { settings } = loadSettings(input.source, ['manager']);
  const count = Number(input.options['lines'] ?? 20);
  if (!Number.isInteger(count) || count < 0)
    throw new ConfigError('LINES_INVALID', '--lines must be a whole number, for example --lines 100');
  const files = serviceFiles(settings.LOG_DIR, input.words[0]);
  const prefix = files.length > 1;
  for (const file of files) {
    const lines = readOn(file)
      .split('\n')
      .filter((line) => line !== '');
    printLines(file, count === 0 ? [] : lines.slice(-count), prefix, input);
  }
  while (input.options['follow'] === true) {
    await systemClock.sleep(POLL_MS);
    for (const file of files) if (hasMoved(file)) printLines(file, readOn(file).split('\n'), prefix, input);
  }
  return 0;
}

function hasMoved(file: Followed): boolean {
  const stat = statSync(file.path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.ino !== file.inode || stat.size !== file.offset);
}

export const logsCommand: Command = {
  name: 'logs',
  usage: '[--follow] [--lines N] [service]',
  summary: 'show the last lines of the log files',
  help: [
    'Without a service: of all of them, each line with the name of its service.',
    '',
    '  --follow, -f   go on printing what is written, until Ctrl-C',
    '  --lines, -n    how many lines of each (20)',
  ].join('\n'),
  options: { follow: { type: 'boolean', short: 'f' }, lines: { type: 'string', short: 'n' } },
  words: { min: 0, max: 1 },
  run,
};
