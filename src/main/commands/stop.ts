import { systemClock } from '../../runtime/clock.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { isAlive } from '../../runtime/process_identity.ts';
import { runningManager } from '../run_files.ts';
import type { Command } from './command.ts';

const LIMIT_MS = 15_000;

export const stopCommand: Command = {
  name: 'stop',
  usage: '',
  summary: 'stop everything that was started here',
  help: 'Asks the running process manager to stop and waits until it is gone (at most 15 s).',
  options: {},
  words: { min: 0, max: 0 },
  async run({ source, print }) {
    const { settings } = loadSettings(source, []);
    const manager = runningManager(settings.DATA_DIR);
    if (manager === undefined) {
      print(`Nothing is running in ${settings.DATA_DIR}.`);
      return 0;
    }
    process.kill(manager.pid, 'SIGTERM');
    const deadline = systemClock.monotonic() + LIMIT_MS;
    while (isAlive(manager) && systemClock.monotonic() < deadline) await systemClock.sleep(100);
    if (!isAlive(manager)) {
      print(`Stopped (process ${manager.pid}).`);
      return 0;
    }
    print(
      `Process ${manager.pid} has not stopped within ${LIMIT_MS / 1000} s; see ${manager.logDir}/process-manager.log`,
    );
    return 1;
  },
};
