import { describe, expect, it } from 'vitest';
import { ROOMS } from '../rooms.ts';
import { checkStructure, type Waiver } from './check.ts';

/** The violations of some files, as `rule path:line`. */
function check(files: Record<string, string>, waivers: readonly Waiver[] = []): string[] {
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
  return checkStructure(sources, ROOMS, waivers).map(({ rule, path, line }) => `${rule} ${path}:${line}`);
}

const lines = (count: number, line = 'f();') => `${Array.from({ length: count }, () => line).join('\n')}\n`;
const REASON = 'a table of the venue that reads best in one piece';

describe('imports', () => {
  it('lets a room import what the table names', () => {
    expect(
      check({ 'src/store/a.ts': "import { a } from '../domain/money.ts';\nimport pg from 'pg';" }),
    ).toEqual([]);
    expect(check({ 'src/main/a.ts': "import '../simulator/server.ts'; import 'anything';" })).toEqual([]);
  });

  it.each([
    ['domain', "import { x } from '../runtime/clock.ts';"],
    ['domain', "import { readFileSync } from 'node:fs';"],
    ['domain', "import { z } from 'zod';"],
    ['tracking', "import type { x } from '../ranking/score.ts';"],
    ['tracking', "export * from '../copying/risk.ts';"],
    ['api', "const x = await import('../hyperliquid/stream.ts');"],
    ['api', "type X = import('../main/roles.ts').X;"],
    ['simulator', "import { x } from '../hyperliquid/client/info.ts';"],
    ['signer', "import { x } from '../hyperliquid/signing_other.ts';"],
    ['web', "import { x } from '../api/server.ts';"],
    ['store', "import { x } from '../../test/database.ts';"],
    ['store', "import ws from 'ws';"],
  ])('refuses in %s: %s', (room, code) => {
    expect(check({ [`src/${room}/a.ts`]: code })).toEqual([`imports src/${room}/a.ts:1`]);
  });

  it('lets a part of a room be named: a folder or a file', () => {
    const code = "import '../hyperliquid/wire/trade.ts';";
    expect(check({ 'src/simulator/a.ts': code })).toEqual([]);
    expect(check({ 'src/signer/a.ts': "import '../hyperliquid/signing.ts';" })).toEqual([]);
  });

  it('lets tests use packages and the test harness, but not other rooms', () => {
    const code = "import { it } from 'vitest';\nimport '../../test/database.ts';\nimport '../api/a.ts';";
    expect(check({ 'src/store/a.test.ts': code })).toEqual(['imports src/store/a.test.ts:3']);
  });

  it('lets tests of any room use the clocks of runtime, and build settings what they like', () => {
    expect(check({ 'src/web/a.test.ts': "import '../runtime/clock.ts';" })).toEqual([]);
    expect(check({ 'src/web/a.ts': "import '../runtime/clock.ts';" })).toHaveLength(1);
    expect(check({ 'src/web/vite.config.ts': "import 'node:fs'; const e = process.env;" })).toEqual([]);
  });

  it('finds cycles, also through types', () => {
    const files = {
      'src/domain/a.ts': "import type { B } from './b.ts';",
      'src/domain/b.ts': "export { c } from './c.ts';",
      'src/domain/c.ts': "import './a.ts';",
      'src/domain/d.ts': "import './a.ts';",
    };
    expect(check(files)).toEqual(['cycle src/domain/a.ts:1']);
    expect(check({ 'src/domain/a.ts': "import './a.ts';" })).toEqual(['cycle src/domain/a.ts:1']);
  });
});

describe('lengths', () => {
  it('caps files at 400 lines', () => {
    expect(check({ 'src/domain/a.ts': lines(400) })).toEqual([]);
    expect(check({ 'test/a.test.ts': lines(401) })).toEqual(['file-length test/a.test.ts:1']);
  });

  it.each([
    ['function f() {', '}'],
    ['const f = () => {', '};'],
    ['class A { f() {', '} }'],
    ['class A { constructor() {', '} }'],
  ])('caps functions at 70 lines: %s', (head, tail) => {
    expect(check({ 'src/domain/a.ts': `${head}\n${lines(68)}${tail}\n` })).toEqual([]);
    expect(check({ 'src/domain/a.ts': `${head}\n${lines(69)}${tail}\n` })).toEqual([
      'function-length src/domain/a.ts:1',
    ]);
  });

  it('measures each test, not the suite around them', () => {
    expect(check({ 'src/domain/a.test.ts': `describe('a', () => {\n${lines(100)}});` })).toEqual([]);
    expect(check({ 'src/domain/a.test.ts': `it('a', () => {\n${lines(100)}});` })).toHaveLength(1);
    expect(check({ 'src/domain/a.ts': `describe('a', () => {\n${lines(100)}});` })).toHaveLength(1);
  });
});

describe('raw calls', () => {
  it.each([
    'const t = Date.now();',
    'const now = Date.now;',
    'const t = new Date();',
    'setTimeout(f, 1);',
    'globalThis.setTimeout(f, 1);',
    'const later = { run: setInterval };',
    "import { setTimeout as sleep } from 'node:timers/promises';",
    'const x = Math.random();',
    "import { randomUUID } from 'node:crypto';",
    "const home = process.env['HOME'];",
    'const { HOME } = process.env;',
    "console.log('x');",
    "await fetch('http://x');",
    'await job.moveToDelayed(1);',
  ])('refuses %s', (code) => {
    expect(check({ 'src/jobs/a.ts': code })).toEqual(['raw-call src/jobs/a.ts:1']);
  });

  it.each([
    'const t = new Date(0);',
    'interface A { fetch(): void; setTimeout: number }',
    'cache.fetch(1);',
    'const a = { console: 1 };',
    'declare function now(): number;',
  ])('accepts %s', (code) => {
    expect(check({ 'src/jobs/a.ts': code })).toEqual([]);
  });

  it('lets the owners make them, and tools do as they like', () => {
    expect(check({ 'src/runtime/clock.ts': 'Date.now(); setTimeout(f, 1);' })).toEqual([]);
    expect(check({ 'src/runtime/config/environment.ts': 'const e = process.env;' })).toEqual([]);
    expect(check({ 'src/main/cli.ts': "console.log('x');" })).toEqual([]);
    expect(check({ 'tools/a.ts': 'setTimeout(f, Math.random());' })).toEqual([]);
  });

  it('refuses sleeps in tests', () => {
    expect(check({ 'src/jobs/a.test.ts': 'setTimeout(f, 1);' })).toHaveLength(1);
    expect(check({ 'src/jobs/a.test.ts': 'Date.now();' })).toEqual([]);
  });
});

describe('names', () => {
  it.each(['const px = 1;', 'interface A { limitPx: string }', 'const x = a.szi;', 'const total_ntl = 1;'])(
    'keeps wire abbreviations out: %s',
    (code) => {
      expect(check({ 'src/domain/a.ts': code })).toEqual(['wire-name src/domain/a.ts:1']);
      expect(check({ 'src/hyperliquid/a.ts': code, 'src/simulator/a.ts': code })).toEqual([]);
    },
  );

  it('accepts words that merely contain the letters', () => {
    expect(check({ 'src/domain/a.ts': 'const szDecimals = 1; const avoid = expx; const tidy = 2;' })).toEqual(
      [],
    );
    expect(check({ 'src/web/a.ts': 'const widthPx = 1;' })).toEqual([]);
  });

  it('looks at SQL too', () => {
    const text = "create table a (\n  entry_px numeric, -- px\n  note text default 'px'\n);";
    expect(check({ 'src/store/migrations/0001_a.sql': text })).toEqual([
      'wire-name src/store/migrations/0001_a.sql:2',
    ]);
  });

  it('refuses rooms and files that say nothing', () => {
    expect(check({ 'src/utils/a.ts': '' })).toHaveLength(2);
    expect(check({ 'src/store/helpers.ts': '' })).toEqual(['room-name src/store/helpers.ts:1']);
    expect(check({ 'test/common/a.ts': '' })).toEqual(['room-name test/common/a.ts:1']);
    expect(check({ 'src/a.ts': '' })).toEqual(['room-name src/a.ts:1']);
    expect(check({ 'src/billing/a.ts': '' })).toEqual(['room-name src/billing/a.ts:1']);
  });
});

describe('waivers', () => {
  const long = { 'src/domain/a.ts': lines(401) };

  it('lift one rule on one file', () => {
    expect(check(long, [{ rule: 'file-length', path: 'src/domain/a.ts', reason: REASON }])).toEqual([]);
    expect(check(long, [{ rule: 'cycle', path: 'src/domain/a.ts', reason: REASON }])).toHaveLength(2);
  });

  it('must be needed and reasoned', () => {
    const idle: Waiver = { rule: 'file-length', path: 'src/domain/b.ts', reason: REASON };
    expect(check({}, [idle])).toEqual(['waiver src/domain/b.ts:1']);
    expect(check(long, [{ rule: 'file-length', path: 'src/domain/a.ts', reason: 'big' }])).toEqual([
      'waiver src/domain/a.ts:1',
    ]);
  });
});
