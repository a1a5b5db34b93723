import { join } from 'node:path';
import { systemClock } from '../../runtime/clock.ts';
import { effectiveSettings } from '../../runtime/config/describe.ts';
import { GROUPS, type GroupName, type Settings } from '../../runtime/config/groups.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import { systemRandom } from '../../runtime/random.ts';
import { runManager } from '../manager.ts';
import { productionProblems } from '../production.ts';
import { servicesFor } from '../roles.ts';
import type { ServiceSpec } from '../supervisor/service.ts';
import { PACKAGE_FOLDER } from '../version.ts';
import { webUrl } from '../web_url.ts';
import type { Command, CommandInput } from './command.ts';
import { signInLink } from './link.ts';

export const ALL_GROUPS = Object.keys(GROUPS) as GroupName[];

/** Runs a service from the same build as this process. */
const serviceCommand = ({ name }: ServiceSpec): readonly [string, ...string[]] => [
  process.execPath,
  '--enable-source-maps',
  join(PACKAGE_FOLDER, 'dist', 'autotrade.mjs'),
  'service',
  name,
];

function banner(settings: Settings): string {
  if (settings.NETWORK === 'simulator')
    return 'SIMULATED EXCHANGE: no real money, no real market. NETWORK=mainnet in .env turns to the real one.';
  return `Real exchange (${settings.NETWORK}), read-only and paper until armed.`;
}

async function run({ source, options, print, terminal }: CommandInput): Promise<number> {
  const loaded = loadSettings(source, ALL_GROUPS);
  const settings: Settings = loaded.settings;
  if (options['production'] === true) refuseUnsafe(settings);
  for (const warning of loaded.warnings) print(warning);
  print(banner(settings));
  return runManager({
    settings,
    settingsHash: effectiveSettings(loaded).hash,
    services: servicesFor(settings),
    command: serviceCommand,
    clock: systemClock,
    random: systemRandom,
    print,
    color: terminal && settings.COLOR,
    onFirstReady: async (service) => {
      if (service !== 'api') return;
      print(await welcome(webUrl(settings), terminal, () => signInLink(source)));
    },
  });
}

/**
 * Where to go once the app answers. A link is a key: it is made only for a person at a terminal, since output that goes
 * elsewhere (a file, a service's journal) is kept, and would keep it.
 */
export async function welcome(
  url: string,
  terminal: boolean,
  makeLink: () => Promise<string>,
): Promise<string> {
  if (!terminal)
    return `\nOpen ${url} in a browser. For a link that signs it in, run in this folder: npx autotrade link\n`;
  return `\nOpen ${url} in a browser. Sign in once, within 10 minutes, with:\n\n  ${await makeLink()}\n`;
}

function refuseUnsafe(settings: Settings): void {
  const problems = productionProblems(settings);
  if (problems.length === 0) return;
  throw new ConfigError(
    'PRODUCTION_UNSAFE',
    ['These settings are not fit for production:', ...problems.map((problem) => `  - ${problem}`)].join('\n'),
  );
}

export const startCommand: Command = {
  name: 'start',
  usage: '[--production]',
  summary: 'start everything and keep it running',
  help: [
    'Starts every service that the settings ask for, restarts what crashes, and shows a table every 30 s.',
    'Logs go to logs/<service>.log. Ctrl-C stops everything within 10 s.',
    '',
    '  --production   refuse the simulator, the embedded database and unsafe settings',
  ].join('\n'),
  options: { production: { type: 'boolean' } },
  words: { min: 0, max: 0 },
  run,
};
