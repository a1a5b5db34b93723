/** The command line: `autotrade <command>`. */
import { parseArgs } from 'node:util';
import { readSource } from '../runtime/config/environment.ts';
import { nearestName } from '../runtime/config/nearest.ts';
import { AppError, ConfigError, EXIT_CONFIG } from '../runtime/errors.ts';
import type { Command } from './commands/command.ts';
import { VERSION } from './version.ts';

/** Loaded when named, so that a role's process holds no code of other commands. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  link: async () => (await import('./commands/link.ts')).linkCommand,
  'token create': async () => (await import('./commands/token.ts')).tokenCreateCommand,
  'token list': async () => (await import('./commands/token.ts')).tokenListCommand,
  'token revoke': async () => (await import('./commands/token.ts')).tokenRevokeCommand,
  'config check': async () => (await import('./commands/config.ts')).configCheckCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  'import fills': async () => (await import('./commands/import_fills.ts')).importFillsCommand,
  'db migrate': async () => (await import('./commands/database.ts')).migrateCommand,
  'db reset': async () => (await import('./commands/database.ts')).databaseResetCommand,
  reset: async () => (await import('./commands/database.ts')).resetCommand,
  service: async () => (await import('./commands/service.ts')).serviceCommand,
  simulator: async () => (await import('./commands/simulator.ts')).simulatorCommand,
};
const NAMES = Object.keys(COMMANDS);

/** sysexits EX_USAGE. */
const EXIT_USAGE = 64;

async function overview(): Promise<string> {
  const width = Math.max(...NAMES.map((name) => name.length));
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [
    `autotrade ${VERSION}: copy trading for Hyperliquid perpetuals`,
    '',
    'Usage: autotrade <command> [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '`autotrade <command> --help` says more. Settings: a .env file or the environment; see docs/CONFIG.md.',
    'New here? Run `autotrade start`: it needs nothing else and trades nothing.',
  ].join('\n');
}

const helpOf = ({ name, usage, summary, help }: Command): string =>
  [`autotrade ${name}: ${summary}`, '', `Usage: autotrade ${name} ${usage}`.trimEnd(), '', help].join('\n');

/** The command named by the first one or two words. */
const findCommand = (words: readonly string[]): Promise<Command> | undefined =>
  (COMMANDS[words.slice(0, 2).join(' ')] ?? COMMANDS[words[0] ?? ''])?.();

function unknownCommand(words: readonly string[]): string {
  const group = NAMES.filter((name) => name.startsWith(`${words[0]} `));
  if (group.length > 0) return `Which one: ${group.map((name) => `autotrade ${name}`).join(', ')}?`;
  const nearest = nearestName(words[0] ?? '', NAMES);
  return `There is no command '${words[0]}'${nearest ? `; did you mean '${nearest}'?` : ''} See: autotrade --help`;
}

/** @returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const words = argv.filter((word) => !word.startsWith('-'));
  const wantsHelp = argv.includes('--help') || argv.includes('-h');
  if (argv.includes('--version')) return say(VERSION);
  const command = await findCommand(words);
  if (command === undefined) {
    if (words.length === 0) return say(await overview(), wantsHelp ? 0 : EXIT_USAGE);
    console.error(unknownCommand(words));
    return EXIT_USAGE;
  }
  if (wantsHelp) return say(helpOf(command));
  let parsed: ReturnType<typeof parseArgs>;
  try {
    const args = argv.slice(argv.indexOf(command.name.split(' ').at(-1) ?? '') + 1);
    parsed = parseArgs({ args, options: command.options, allowPositionals: true, strict: true });
  } catch (error) {
    return refuse(command, error instanceof Error ? error.message : String(error));
  }
  const { min, max } = command.words;
  if (parsed.positionals.length < min || parsed.positionals.length > max)
    return refuse(command, parsed.positionals.length < min ? 'Something is missing.' : 'Too many words.');
  return command.run({
    words: parsed.positionals,
    options: parsed.values as Record<string, string | boolean | undefined>,
    source: readSource(process.cwd()),
    print: (text) => console.log(text),
    terminal: process.stdout.isTTY === true,
  });
}

function say(text: string, code = 0): number {
  console.log(text);
  return code;
}

function refuse(command: Command, message: string): number {
  console.error(`${message}\nUsage: autotrade ${command.name} ${command.usage}`);
  return EXIT_USAGE;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  // What the user can mend is a sentence; anything else is a fault of ours and shows where.
  console.error(error instanceof AppError ? error.message : error);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}
