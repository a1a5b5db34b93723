/**
 * The text of a .env file. Node's own parser takes what it can read and passes over the rest in silence, or joins it to
 * the next line; a setting that is lost that way is found out by the money it costs, so every line must be understood.
 */
import { isUtf8 } from 'node:buffer';

export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** Sentences with the number of the line, never its text: it may hold a secret. */
  readonly problems: readonly string[];
}

/** `KEY=`, `KEY =`, `export KEY=`. */
const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*/;
const QUOTES = ['"', "'", '`'];
const MOST_NAMED_LINES = 5;

/**
 * Reads lines of `KEY=value`: comments begin with `#`, also behind a value; a value in double, single or back quotes
 * may go over several lines, and `\n` in double ones is a line break.
 */
export function parseEnvFile(bytes: Uint8Array): EnvFile {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { values: {}, problems: ['.env is UTF-16; save it as UTF-8'] };
  if (!isUtf8(bytes)) return { values: {}, problems: ['.env is not UTF-8 text; save it as UTF-8'] };
  // The decoder takes the byte order mark away.
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  const nul = lines.flatMap((line, index) => (line.includes('\0') ? [index + 1] : []));
  if (nul.length > 0) return { values: {}, problems: [nulProblem(nul)] };
  return readLines(lines);
}

function nulProblem(lines: readonly number[]): string {
  const named = lines.slice(0, MOST_NAMED_LINES).join(', ');
  const more = lines.length > MOST_NAMED_LINES ? ', ...' : '';
  return `.env has NUL bytes (line ${named}${more}); save it as UTF-8`;
}

function readLines(lines: readonly string[]): EnvFile {
  const values = new Map<string, string>();
  const lineOf = new Map<string, number>();
  const problems: string[] = [];
  for (let index = 0; index < lines.length; ) {
    const number = index + 1;
    const line = lines[index++] ?? '';
    if (/^\s*(#|$)/.test(line)) continue;
    const [head, key = ''] = ASSIGNMENT.exec(line) ?? [];
    if (head === undefined) {
      problems.push(`.env line ${number} is not KEY=value`);
      continue;
    }
    const value = readValue(line.slice(head.length), lines.slice(index));
    if ('problem' in value) problems.push(`.env line ${number}: ${value.problem}`);
    else index += value.linesBelow;
    const before = lineOf.get(key);
    if (before !== undefined) problems.push(`.env line ${number}: ${key} is in line ${before} too; keep one`);
    lineOf.set(key, before ?? number);
    if ('text' in value) values.set(key, value.text);
  }
  return { values: Object.fromEntries(values), problems };
}

type Value = { readonly text: string; readonly linesBelow: number } | { readonly problem: string };

function readValue(rest: string, below: readonly string[]): Value {
  const quote = rest[0] ?? '';
  if (!QUOTES.includes(quote)) return { text: rest.replace(/#.*$/, '').trim(), linesBelow: 0 };
  const body = [rest.slice(1), ...below].join('\n');
  const end = body.indexOf(quote);
  if (end < 0) return { problem: `the quote ${quote} is not closed` };
  const behind = body.slice(end + 1).split('\n', 1)[0] ?? '';
  if (!/^\s*(#.*)?$/.test(behind)) return { problem: `something stands behind the closing quote ${quote}` };
  const inside = body.slice(0, end);
  return {
    text: quote === '"' ? inside.replaceAll('\\n', '\n') : inside,
    linesBelow: inside.split('\n').length - 1,
  };
}
