import { systemClock } from '../../runtime/clock.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { type RunState, readRunState, runningManager } from '../run_files.ts';
import { formatDuration, statusTable } from '../status_table.ts';
import type { Command, CommandInput } from './command.ts';

const REFRESH_MS = 1_000;
const CLEAR = '\u001b[2J\u001b[H';

/** What services.json says, if the manager that wrote it lives. */
function current(dataDir: string): RunState | undefined {
  const manager = runningManager(dataDir);
  const state = readRunState(dataDir);
  return state && manager && state.manager.pid === manager.pid ? state : undefined;
}

function page(state: RunState, color: boolean): string {
  const { manager, services, note = '' } = state;
  const now = systemClock.now();
  return [
    `autotrade ${manager.version}  ${manager.network}  ${manager.url}  process ${manager.pid}, up ${formatDuration(now - manager.startedAt)}`,
    `data ${manager.dataDir}  logs ${manager.logDir}`,
    ...(note === '' ? [] : [`process manager: ${note}`]),
    '',
    statusTable(services, { now, color }),
  ].join('\n');
}

/** 0: all ready; 3: something is not; 4: not running (as init scripts have it). */
function exitCode(state: RunState | undefined): number {
  if (state === undefined) return 4;
  return state.services.every((service) => service.state === 'ready' && !service.degraded) ? 0 : 3;
}

async function run({ source, options, print, terminal }: CommandInput): Promise<number> {
  const { settings } = loadSettings(source, ['manager']);
  const color = terminal && settings.COLOR;
  for (;;) {
    const state = current(settings.DATA_DIR);
    if (options['json'] === true) print(JSON.stringify(state ?? null, null, 2));
    else if (state === undefined)
      print(`Nothing is running in ${settings.DATA_DIR}. Start it with: autotrade start`);
    else print(`${terminal && options['once'] !== true ? CLEAR : ''}${page(state, color)}`);
    if (!terminal || options['once'] === true || options['json'] === true || state === undefined)
      return exitCode(state);
    await systemClock.sleep(REFRESH_MS);
  }
}

export const statusCommand: Command = {
  name: 'status',
  usage: '[--once] [--json]',
  summary: 'show the running services, live',
  help: [
    'On a terminal the table is redrawn every second until Ctrl-C; otherwise it is printed once.',
    'Exit code: 0 all ready, 3 something is not ready, 4 nothing is running.',
    '',
    '  --once   print the table once',
    '  --json   print everything as JSON, once',
  ].join('\n'),
  options: { once: { type: 'boolean' }, json: { type: 'boolean' } },
  words: { min: 0, max: 0 },
  run,
};
