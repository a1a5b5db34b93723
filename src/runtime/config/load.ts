/** Reads settings from a source: every mistake is found before anything is reported. */
import { ConfigError } from '../errors.ts';
import { contradictions } from './contradictions.ts';
import type { Origin, Source } from './environment.ts';
import type { Basis, Field } from './field.ts';
import { FIELDS, GROUPS, type GroupName, INTERNAL_KEYS, type Settings } from './groups.ts';
import { nearestName } from './nearest.ts';

/** Every key may also be written with this prefix; a prefixed key that is unknown is a mistake. */
const PREFIX = 'AUTOTRADE_';

export interface Loaded<G extends GroupName> {
  readonly settings: Settings<G>;
  /** Where each value came from, in the order of the schema. */
  readonly origins: ReadonlyMap<string, Origin | 'default'>;
  /** Not mistakes, but worth a line on the terminal. */
  readonly warnings: readonly string[];
}

interface Given {
  readonly text: string;
  readonly origin: Origin;
  readonly key: string;
}

/**
 * Loads the named groups (`base` always comes along). Throws one ConfigError `CONFIG_INVALID` that lists every
 * mistake: lines of .env that cannot be read, values that do not parse, unknown AUTOTRADE_ keys, settings that
 * contradict one another; and the warnings, since a mistyped key is often why something else is wrong.
 */
export function loadSettings<G extends GroupName>(source: Source, groups: readonly G[]): Loaded<G | 'base'> {
  const problems: string[] = [...(source.fileProblems ?? []), ...unknownKeys(source)];
  const values = new Map<string, unknown>();
  const origins = new Map<string, Origin | 'default'>();
  const basis = readBasis(source);
  const wanted = new Set<GroupName>(['base', ...groups]);
  for (const [group, fields] of Object.entries(GROUPS)) {
    for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) {
      // Keys of other groups are checked too: a typo in SIMULATOR_PORT changes what NETWORK's defaults mean.
      const { value, origin } = readField(source, name, field, basis, problems);
      if (!wanted.has(group as GroupName)) continue;
      values.set(name, value);
      origins.set(name, origin);
    }
  }
  problems.push(...contradictions(Object.fromEntries(values)));
  const warnings = fileWarnings(source);
  if (problems.length > 0) throw invalid(problems, warnings);
  return {
    settings: Object.fromEntries(values) as Settings<G | 'base'>,
    origins,
    warnings,
  };
}

function invalid(problems: readonly string[], warnings: readonly string[]): ConfigError {
  const head = problems.length === 1 ? 'One setting is wrong:' : `${problems.length} settings are wrong:`;
  const lines = [
    ...problems.map((problem) => `  - ${problem}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
  return new ConfigError(
    'CONFIG_INVALID',
    [head, ...lines, 'Change them in .env or in the environment; docs/CONFIG.md lists every setting.'].join(
      '\n',
    ),
  );
}

function readField(
  source: Source,
  name: string,
  field: Field<unknown>,
  basis: Basis,
  problems: string[],
): { value: unknown; origin: Origin | 'default' } {
  const given = find(source, name, problems);
  if (given !== undefined) {
    try {
      return { value: field.parse(given.text), origin: given.origin };
    } catch (error) {
      problems.push(
        `${given.key} ${error instanceof Error ? error.message : String(error)} (${given.origin})`,
      );
    }
  }
  const value = typeof field.fallback === 'function' ? field.fallback(basis) : field.fallback;
  return { value, origin: 'default' };
}

/** The text of a key under either of its names. An empty text counts as absent, as shells and compose files write it. */
function find(source: Source, name: string, problems?: string[]): Given | undefined {
  const found: Given[] = [];
  for (const origin of ['environment', '.env'] as const) {
    const table = origin === 'environment' ? source.environment : source.file;
    for (const key of [PREFIX + name, name]) {
      const text = table[key]?.trim();
      if (text !== undefined && text !== '') found.push({ text, origin, key });
    }
    const [first, second] = found;
    if (first && second && first.text !== second.text)
      problems?.push(`${first.key} and ${second.key} are both set (${origin}) and differ; keep one`);
    if (first) return first;
  }
  return undefined;
}

/** NETWORK and SIMULATOR_PORT first, since other defaults follow from them; mistakes are reported with the rest. */
function readBasis(source: Source): Basis {
  const read = <T>(name: string, field: Field<T>, fallback: T): T => {
    const given = find(source, name);
    if (given === undefined) return fallback;
    try {
      return field.parse(given.text);
    } catch {
      return fallback;
    }
  };
  return {
    NETWORK: read('NETWORK', GROUPS.base.NETWORK, 'simulator'),
    SIMULATOR_PORT: read('SIMULATOR_PORT', GROUPS.simulator.SIMULATOR_PORT, 3001),
  };
}

function unknownKeys(source: Source): string[] {
  const keys = new Set([...Object.keys(source.environment), ...Object.keys(source.file)]);
  const problems: string[] = [];
  for (const key of keys) {
    if (!key.startsWith(PREFIX) || FIELDS.has(key.slice(PREFIX.length))) continue;
    if ((INTERNAL_KEYS as readonly string[]).includes(key)) continue;
    // Without the prefix, which is alike in all of them and would make strangers look near.
    const nearest = nearestName(key.slice(PREFIX.length), FIELDS.keys());
    problems.push(`${key} is not a setting${nearest ? `; did you mean ${PREFIX}${nearest}?` : ''}`);
  }
  return problems;
}

/** A .env file is ours, but other tools may keep keys there: only a near miss is worth a word. */
function fileWarnings(source: Source): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(source.file)) {
    if (key.startsWith(PREFIX) || FIELDS.has(key)) continue;
    const nearest = nearestName(key, FIELDS.keys());
    warnings.push(
      `.env: ${key} is not a setting and is ignored${nearest ? `; did you mean ${nearest}?` : ''}`,
    );
  }
  return warnings;
}
