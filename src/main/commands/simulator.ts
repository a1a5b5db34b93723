import { ConfigError } from '../../runtime/errors.ts';
import { roleNamed } from '../roles.ts';
import { runService } from '../service_runner.ts';
import type { Command } from './command.ts';

/** Options and the settings that they stand for. */
const SETTING_OF: Readonly<Record<string, string>> = {
  port: 'SIMULATOR_PORT',
  seed: 'SIMULATOR_SEED',
  market: 'SIMULATOR_MARKET',
  'trades-per-second': 'SIMULATOR_TRADES_PER_SECOND',
  replay: 'SIMULATOR_REPLAY',
  speed: 'SIMULATOR_REPLAY_SPEED',
  times: 'SIMULATOR_REPLAY_TIMES',
  record: 'SIMULATOR_RECORD',
  'control-port': 'SIMULATOR_CONTROL_PORT',
};

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
    '  --trades-per-second  mean rate over all coins',
    '  --replay             a recorded capture to play instead',
    '  --speed              pace of the replay; 1 is as recorded',
    '  --times              times in the replay: shift (now) or keep',
    '  --record             file to which the public market is recorded',
    '  --control-port       opens the interface for faults and levers',
  ].join('\n'),
  options: Object.fromEntries(Object.keys(SETTING_OF).map((name) => [name, { type: 'string' }])),
  words: { min: 0, max: 0 },
  run({ source, options, print }) {
    const role = roleNamed('simulator');
    if (role === undefined) throw new ConfigError('ROLE_UNKNOWN', 'this build has no simulator');
    const chosen = Object.entries(options).map(([name, value]) => [SETTING_OF[name] ?? name, String(value)]);
    print(
      `Making the simulated exchange; it will be on http://127.0.0.1:${options['port'] ?? '3001'} once it says that it serves (Ctrl-C ends it)`,
    );
    return runService(role, undefined, {
      file: source.file,
      environment: { ...source.environment, NETWORK: 'simulator', ...Object.fromEntries(chosen) },
    });
  },
};
