/** Role worker as a process of its own. Arguments: instance, settings as JSON. Writes a line when it is ready. */
import { startWorkerRole } from '../../src/main/roles/worker.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';

const [instance = 'worker', environment = '{}'] = process.argv.slice(2);
const groups = ['storage', 'exchange', 'feed', 'worker', 'simulator'] as const;
const { settings } = loadSettings({ environment: JSON.parse(environment), file: {} }, groups);
await startWorkerRole({
  config: settings,
  clock: systemClock,
  random: systemRandom,
  log: silentLogger,
  instance,
  restarts: 0,
});
process.stdout.write('ready\n');
