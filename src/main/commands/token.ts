import { createApiToken, listApiTokens, revokeApiToken } from '../../api/access.ts';
import { systemClock } from '../../runtime/clock.ts';
import { loadSettings } from '../../runtime/config/load.ts';
import { ConfigError } from '../../runtime/errors.ts';
import { withDatabase } from '../command_database.ts';
import type { Command, CommandInput } from './command.ts';

const DAY_MS = 86_400_000;
const ROLES = ['viewer', 'operator', 'admin'] as const;

const settingsOf = ({ source }: CommandInput) => loadSettings(source, ['storage']).settings;

const utc = (time: number | null, absent: string): string =>
  time === null ? absent : new Date(time).toISOString().slice(0, 16).replace('T', ' ');

export const tokenCreateCommand: Command = {
  name: 'token create',
  usage: '[--role viewer] [--days N] <name>',
  summary: 'make an API token',
  help: [
    'The token is printed once and kept only as a hash. Programs send it as `Authorization: Bearer <token>`.',
    '',
    `  --role   what it may do: ${ROLES.join(', ')} (viewer)`,
    '  --days   how long it is valid; without it, until revoked',
  ].join('\n'),
  options: { role: { type: 'string' }, days: { type: 'string' } },
  words: { min: 1, max: 1 },
  async run(input) {
    const role = ROLES.find((word) => word === (input.options['role'] ?? 'viewer'));
    if (role === undefined)
      throw new ConfigError('ROLE_INVALID', `--role must be one of ${ROLES.join(', ')}`);
    const days = input.options['days'];
    if (days !== undefined && !/^[1-9]\d{0,3}$/.test(String(days)))
      throw new ConfigError('DAYS_INVALID', '--days must be a whole number from 1 to 9999');
    const token = await withDatabase(settingsOf(input), (database) =>
      createApiToken(database, systemClock, {
        name: input.words[0] ?? '',
        role,
        ...(days === undefined ? {} : { expiresAt: systemClock.now() + Number(days) * DAY_MS }),
      }),
    );
    input.print(token.reveal());
    return 0;
  },
};

export const tokenListCommand: Command = {
  name: 'token list',
  usage: '',
  summary: 'list the API tokens',
  help: 'Names, roles and times (UTC). The tokens themselves cannot be shown again.',
  options: {},
  words: { min: 0, max: 0 },
  async run(input) {
    const tokens = await withDatabase(settingsOf(input), (database) => listApiTokens(database));
    for (const token of tokens) {
      const life =
        token.revokedAt === null
          ? `expires ${utc(token.expiresAt, 'never')}`
          : `revoked ${utc(token.revokedAt, '')}`;
      input.print(
        `${token.name.padEnd(24)} ${token.role.padEnd(9)} ${life}  last used ${utc(token.lastUsedAt, 'never')}`,
      );
    }
    if (tokens.length === 0) input.print('There are no tokens.');
    return 0;
  },
};

export const tokenRevokeCommand: Command = {
  name: 'token revoke',
  usage: '<name>',
  summary: 'revoke an API token',
  help: 'It stops working within seconds.',
  options: {},
  words: { min: 1, max: 1 },
  async run(input) {
    const name = input.words[0] ?? '';
    const done = await withDatabase(settingsOf(input), (database) =>
      revokeApiToken(database, systemClock, name),
    );
    if (!done)
      throw new ConfigError('TOKEN_UNKNOWN', `No live token is named '${name}'. See: autotrade token list`);
    input.print(`Revoked ${name}.`);
    return 0;
  },
};
