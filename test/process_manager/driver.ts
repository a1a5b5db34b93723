/** A process manager over stand-in children: `driver.ts <folder> <services as JSON>`. */
import { join } from 'node:path';
import { runManager } from '../../src/main/manager.ts';
import type { ServiceSpec } from '../../src/main/supervisor/service.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { GROUPS, type GroupName } from '../../src/runtime/config/groups.ts';
import { loadSettings } from '../../src/runtime/config/load.ts';
import { ConfigError, EXIT_CONFIG } from '../../src/runtime/errors.ts';

const [folder = '', servicesText = '[]'] = process.argv.slice(2);
const { settings } = loadSettings(
  {
    environment: {
      DATA_DIR: join(folder, 'data'),
      LOG_DIR: join(folder, 'logs'),
      PORT: process.env['PORT'],
    },
    file: {},
  },
  Object.keys(GROUPS) as GroupName[],
);
try {
  const code = await runManager({
    settings,
    settingsHash: 'test',
    services: JSON.parse(servicesText) as ServiceSpec[],
    command: ({ name }) => [process.execPath, join(import.meta.dirname, 'child.mjs'), name],
    clock: systemClock,
    // Backoff at its shortest: the waiting itself is tested in virtual time.
    random: { next: () => 0.01, int: () => 0 },
    print: (text) => console.log(text),
    color: false,
  });
  process.exit(code);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}
