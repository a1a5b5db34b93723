import { ConfigError } from '../../runtime/errors.ts';
import { parseServiceName, ROLES, roleNamed } from '../roles.ts';
import { runService } from '../service_runner.ts';
import type { Command } from './command.ts';

export const serviceCommand: Command = {
  name: 'service',
  usage: '<role>[@account]',
  summary: 'run one role alone, in the foreground',
  help: [
    'How production units run it (deploy/systemd): logs go to standard output as JSON lines, SIGTERM stops it,',
    'exit code 78 means that a setting is wrong.',
    '',
    'Roles:',
    ...ROLES.map(
      ({ name, does, perAccount }) => `  ${(perAccount ? `${name}@account` : name).padEnd(16)} ${does}`,
    ),
  ].join('\n'),
  options: {},
  words: { min: 1, max: 1 },
  async run({ source, words }) {
    const { role: name, instance } = parseServiceName(words[0] ?? '');
    const role = roleNamed(name);
    const known = ROLES.map((entry) => entry.name).join(', ');
    if (role === undefined)
      throw new ConfigError('ROLE_UNKNOWN', `There is no role '${name}'. Roles: ${known}`);
    if (role.perAccount !== (instance !== undefined))
      throw new ConfigError(
        'ROLE_INSTANCE',
        role.perAccount
          ? `${name} serves one account: write ${name}@account`
          : `${name} does not serve an account: write ${name}`,
      );
    return runService(role, instance, source);
  },
};
