/** What a command of the program is. */
import type { ParseArgsConfig } from 'node:util';
import type { Source } from '../../runtime/config/environment.ts';

export interface CommandInput {
  /** Words after the command. */
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly source: Source;
  readonly print: (text: string) => void;
  /** Whether the output is a terminal that may be coloured and redrawn. */
  readonly terminal: boolean;
}

export interface Command {
  /** One or two words: `start`, `config check`. */
  readonly name: string;
  /** After the name: `<role>[@account]`, `[--follow] [service]`. */
  readonly usage: string;
  readonly summary: string;
  /** Shown by --help, below the summary. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many words it takes after its name. */
  readonly words: { readonly min: number; readonly max: number };
  /** @returns the exit code. */
  readonly run: (input: CommandInput) => Promise<number>;
}
