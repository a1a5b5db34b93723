/** The import table and cycles. */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { Room } from '../rooms.ts';
import { isBuildFile, isTest, type ParsedFile, roomOf, type Violation } from './model.ts';

const BUILTIN = new Set(builtinModules);

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Where a relative import points, from the top of the repository. */
const target = (file: ParsedFile, specifier: string): string =>
  posix.normalize(posix.join(posix.dirname(file.path), specifier.replace(/\?.*$/, '')));

function roomProblem(file: ParsedFile, room: Room, specifier: string): string | undefined {
  const to = target(file, specifier);
  const other = roomOf(to);
  if (other === undefined) {
    if (to.startsWith('test/') && isTest(file.path)) return undefined;
    if (to === 'package.json') return undefined;
    return `${room.name} may not import ${to}: it is outside src/`;
  }
  if (other === room.name || room.rooms.includes('*')) return undefined;
  if (other === 'main') return 'nobody imports main';
  // Clocks and random sources for tests live in runtime.
  if (other === 'runtime' && isTest(file.path)) return undefined;
  const allowed = room.rooms.some((entry) => {
    if (!entry.includes('/')) return entry === other;
    const part = `src/${entry}`;
    return to.startsWith(`${part}/`) || to.replace(/\.tsx?$/, '') === part;
  });
  return allowed ? undefined : `${room.name} may not import ${other} (${to})`;
}

function packageProblem(file: ParsedFile, room: Room, specifier: string): string | undefined {
  if (isTest(file.path) || room.rooms.includes('*')) return undefined;
  if (specifier.startsWith('node:') || BUILTIN.has(specifier))
    return room.node ? undefined : `${room.name} may not import Node's ${specifier}`;
  const name = packageName(specifier);
  return room.packages.includes(name) ? undefined : `${room.name} may not import the package ${name}`;
}

export function importViolations(files: readonly ParsedFile[], rooms: readonly Room[]): Violation[] {
  const byName = new Map(rooms.map((room) => [room.name, room]));
  const violations: Violation[] = [];
  for (const file of files) {
    const room = byName.get(roomOf(file.path) ?? '');
    if (room === undefined || isBuildFile(file.path)) continue;
    for (const { specifier, line } of file.imports) {
      if (specifier === undefined) {
        const message = 'a module is named by a literal, so that this table can be applied';
        if (!isTest(file.path)) violations.push({ rule: 'imports', path: file.path, line, message });
        continue;
      }
      const check = specifier.startsWith('.') ? roomProblem : packageProblem;
      const message = check(file, room, specifier);
      if (message) violations.push({ rule: 'imports', path: file.path, line, message });
    }
  }
  return violations;
}

/** Every group of files that import one another in a circle, type imports included (Tarjan's components). */
export function cycleViolations(files: readonly ParsedFile[]): Violation[] {
  const known = new Set(files.map((file) => file.path));
  const edges = new Map<string, string[]>();
  for (const file of files) {
    const targets = file.imports
      .map(({ specifier = '' }) => specifier)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => target(file, specifier))
      .filter((path) => known.has(path));
    edges.set(file.path, targets);
  }
  return components(edges)
    .filter((group) => group.length > 1 || edges.get(group[0] ?? '')?.includes(group[0] ?? ''))
    .map((group) => {
      const members = [...group].sort();
      const message = `these files import one another in a circle: ${members.join(', ')}`;
      return { rule: 'cycle' as const, path: members[0] ?? '', line: 1, message };
    });
}

function components(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    const order = index.size;
    index.set(node, order);
    low.set(node, order);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== order) return;
    found.push(stack.splice(stack.indexOf(node)));
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}
