import type { Source } from '../../runtime/config/environment.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import { roleNamed } from '../roles.ts';
import { runService } from '../service_runner.ts';
import type { Command } from './command.ts';

/** Options and the settings that they stand for. */
const SETTING_OF: Readonly<Record<string, string>> = {
  port: 'SIMULATOR_PORT',
  seed: 'SIMULATOR_SEED',
  market: 'SIMULATOR_MARKET',
  signatures: 'SIMULATOR_SIGNATURES',
  'trades-per-second': 'SIMULATOR_TRADES_PER_SECOND',
  replay: 'SIMULATOR_REPLAY',
  speed: 'SIMULATOR_REPLAY_SPEED',
  times: 'SIMULATOR_REPLAY_TIMES',
  record: 'SIMULATOR_RECORD',
  'control-port': 'SIMULATOR_CONTROL_PORT',
  traders: 'SIMULATOR_TRADERS',
  days: 'SIMULATOR_HISTORY_DAYS',
  archive: 'SIMULATOR_ARCHIVE',
};

/** The settings with the options in their place; an option counts more than what the environment says. */
function withOptions(source: Source, chosen: readonly (readonly [string, string])[]): Source {
  const environment: Record<string, string | undefined> = { ...source.environment, NETWORK: 'simulator' };
  for (const [option, value] of chosen) {
    const setting = SETTING_OF[option] ?? option;
    delete environment[`AUTOTRADE_${setting}`];
    environment[setting] = value;
  }
  return { file: source.file, environment };
}

/** The same error with the options under the names that were typed. */
function inOptions(error: ConfigError, chosen: readonly (readonly [string, string])[]): ConfigError {
  let { message } = error;
  for (const [option, value] of chosen)
    message = message.replace(
      new RegExp(`- ${SETTING_OF[option]} (.*) \\(environment\\)`),
      (_, problem: string) => `- --${option} ${problem}, not ${JSON.stringify(value)}`,
    );
  if (!/\((?:environment|\.env)\)/.test(message))
    message = message.replace(/\nChange them in .*$/, '\nautotrade simulator --help lists every option.');
  return new ConfigError(error.code, message, { cause: error.cause });
}

export const simulatorCommand: Command = {
  name: 'simulator',
  usage: '[--port 3001] [--seed 1] [--control-port 3002] [--replay file]',
  summary: 'run only the simulated exchange, for your own bots',
  help: [
    'Serves the exchange protocol (/info, /exchange, /ws) on 127.0.0.1 until Ctrl-C; needs no database and sends',
    'nothing anywhere. docs/SIMULATOR.md says how to point a client at it and where it differs from the real one.',
    '',
    '  --port               port of the exchange (default 3001)',
    '  --seed               seed of the market: the same seed gives the same market',
    '  --market             venue (the whole exchange) or tape (prints trades, at any rate)',
    '  --signatures         network whose signatures are accepted: mainnet, testnet or either (default)',
    '  --trades-per-second  mean rate over all coins',
    '  --replay             a recorded capture to play instead',
    '  --speed              pace of the replay; 1 is as recorded',
    '  --times              times in the replay: shift (now) or keep',
    '  --record             file to which the public market is recorded',
    '  --control-port       opens the interface for faults and levers',
    '  --traders            traders who have a past, 0 to 20000 (default 2000)',
    '  --days               length of that past, 1 to 365 (default 90)',
    '  --archive            folder to which that past is written in the format of the public archive',
  ].join('\n'),
  options: Object.fromEntries(Object.keys(SETTING_OF).map((name) => [name, { type: 'string' }])),
  words: { min: 0, max: 0 },
  async run({ source, options, print }) {
    const role = roleNamed('simulator');
    if (role === undefined) throw new ConfigError('ROLE_UNKNOWN', 'this build has no simulator');
    const chosen = Object.entries(options).map(([name, value]) => [name, String(value)] as const);
    const settings = withOptions(source, chosen);
    let port: number;
    try {
      port = loadSettings(settings, role.groups).settings.SIMULATOR_PORT;
    } catch (error) {
      throw error instanceof ConfigError ? inOptions(error, chosen) : error;
    }
    print(
      `Making the simulated exchange; it will be on http://127.0.0.1:${port} once it says that it serves (Ctrl-C ends it)`,
    );
    return runService(role, undefined, settings);
  },
};
