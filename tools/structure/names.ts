/** Names: the venue's abbreviations stop at its rooms; folders and files say what they hold. */
import ts from 'typescript';
import { FORBIDDEN_NAMES, type Room } from '../rooms.ts';
import { isTest, lineOf, type ParsedFile, roomOf, type SourceText, type Violation, walk } from './model.ts';

const WIRE_WORDS = new Set(['px', 'sz', 'szi', 'ntl', 'tid', 'oid', 'cloid']);
const WIRE_ROOMS = ['hyperliquid', 'simulator'];

/** `szDecimals` names the venue's rule for lots and is kept as a term. */
const ALLOWED = new Set(['szDecimals']);

/** The same letters with another meaning: a pixel in the web app, PostgreSQL's object identifier, Redis's milliseconds. */
const OTHER_MEANING: Readonly<Record<string, string>> = { web: 'px', store: 'oid', jobs: 'px' };

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);

function wireWord(name: string, room: string): string | undefined {
  if (ALLOWED.has(name)) return undefined;
  return wordsOf(name).find((word) => WIRE_WORDS.has(word) && OTHER_MEANING[room] !== word);
}

export function wireNameViolations(files: readonly ParsedFile[]): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    // Tests read recordings of the venue as they are.
    if (room === undefined || WIRE_ROOMS.includes(room) || isTest(file.path)) continue;
    walk(file.tree, (node) => {
      if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return;
      const word = wireWord(node.text, room);
      if (word === undefined) return;
      const message = `${node.text}: '${word}' is the venue's abbreviation; use the full word (hyperliquid/ translates)`;
      violations.push({ rule: 'wire-name', path: file.path, line: lineOf(file.tree, node), message });
    });
  }
  return violations;
}

/** The same for SQL: column and table names. */
export function sqlNameViolations(files: readonly SourceText[]): Violation[] {
  const violations: Violation[] = [];
  for (const file of files) {
    const lines = file.text.split('\n');
    for (const [index, line] of lines.entries()) {
      const names =
        line
          .replace(/--.*$/, '')
          .replace(/'[^']*'/g, '')
          .match(/[a-z_][a-z0-9_]*/gi) ?? [];
      const bad = names.find((name) => wireWord(name, 'store') !== undefined);
      if (bad === undefined) continue;
      const message = `${bad} uses the venue's abbreviation; use the full word`;
      violations.push({ rule: 'wire-name', path: file.path, line: index + 1, message });
    }
  }
  return violations;
}

/** The other rules read TypeScript: code of another kind in src/ would be out of their sight. */
export function fileKindViolations(files: readonly SourceText[]): Violation[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !/\.(tsx?|sql)$/.test(path))
    .map(({ path }) => {
      const message = 'code in src/ is .ts, .tsx or .sql, and no link';
      return { rule: 'file-kind' as const, path, line: 1, message };
    });
}

export function roomNameViolations(files: readonly SourceText[], rooms: readonly Room[]): Violation[] {
  const known = new Set(rooms.map((room) => room.name));
  const violations: Violation[] = [];
  for (const { path } of files) {
    const report = (message: string) => violations.push({ rule: 'room-name', path, line: 1, message });
    const segments = path.split('/').map((segment) => segment.replace(/(\.test|\.bench)?\.[a-z]+$/, ''));
    const bad = segments.find((segment) => FORBIDDEN_NAMES.includes(segment.toLowerCase()));
    if (bad !== undefined) report(`'${bad}' says nothing about what it holds; name the thing`);
    if (!path.startsWith('src/')) continue;
    const room = roomOf(path);
    if (room === undefined) report('a file of src/ belongs to a room');
    else if (!known.has(room)) report(`${room} is not a room (tools/rooms.ts)`);
  }
  return violations;
}
