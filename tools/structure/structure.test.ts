import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS } from '../rooms.ts';
import { checkStructure, type Waiver } from './check.ts';
import { readSources } from './files.ts';
import { BANS } from './owners.ts';

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
    ['store', "import zod from 'zod';"],
    ['domain', "import fs = require('node:fs');"],
    ['tracking', "import score = require('../ranking/score.ts');"],
    ['jobs', 'const x = await import(name);'],
    ['main', "const x = await import('./roles/' + name);"],
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
    const settings = "import 'node:fs'; const e = process.env;";
    expect(check({ 'src/web/vite.config.ts': settings })).toEqual([]);
    expect(check({ 'src/web/trading.config.ts': settings })).toHaveLength(2);
    expect(check({ 'src/domain/vite.config.ts': settings })).toHaveLength(2);
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
    'const t = new Date(...[]);',
    'const t = Date();',
    'const D = Date; const t = new D();',
    'const { now } = Date;',
    "const t = Date['now']();",
    'const t = (Date as Clock).now();',
    'const t = Reflect.construct(Date, []);',
    'class Now extends Date {}',
    'const t = new globalThis.Date();',
    'const t = globalThis.Date.now();',
    'const { Date: D } = globalThis;',
    'performance.now();',
    "import * as hooks from 'node:perf_hooks';",
    'setTimeout(f, 1);',
    'globalThis.setTimeout(f, 1);',
    "globalThis['setTimeout'](f, 1);",
    'const later = { run: setInterval };',
    'const later = { setTimeout };',
    'const later = [setTimeout];',
    'function later() { return setTimeout; }',
    'const later = () => setTimeout;',
    'function run(later = setTimeout) {}',
    'const { later = setTimeout } = options;',
    'const later = on ? setTimeout : f;',
    'const later = given ?? setTimeout;',
    'AbortSignal.timeout(1);',
    'const { timeout } = AbortSignal;',
    "import { setTimeout as sleep } from 'node:timers/promises';",
    "import { setTimeout as sleep } from 'timers/promises';",
    "import timers from 'node:timers';",
    "import { scheduler } from 'node:timers/promises'; scheduler.wait(1);",
    'scheduler.postTask(f);',
    'const x = Math.random();',
    'const { random } = Math;',
    'const { floor, ...rest } = Math;',
    "const x = Math['random']();",
    'const x = Math[name]();',
    'const M = Math;',
    "import { randomUUID } from 'node:crypto';",
    "import { randomFillSync } from 'node:crypto';",
    "import * as c from 'node:crypto';",
    "import c from 'node:crypto';",
    "import { default as c } from 'node:crypto';",
    "export { randomBytes } from 'node:crypto';",
    "export * from 'node:crypto';",
    "const { randomBytes } = await import('node:crypto');",
    'globalThis.crypto.randomUUID();',
    'crypto.getRandomValues(bytes);',
    "const home = process.env['HOME'];",
    "const home = process['env'].HOME;",
    'const { HOME } = process.env;',
    'const { env } = process;',
    'const e = globalThis.process.env;',
    'const p = process;',
    "import proc from 'node:process';",
    "import { env as e } from 'process';",
    "console.log('x');",
    'const c = console;',
    "import { stdout } from 'node:process';",
    "import { Console } from 'node:console';",
    "process.stderr.write('x');",
    "await fetch('http://x');",
    'const get = fetch as Get;',
    'export default fetch;',
    'window.fetch();',
    'self.fetch();',
    'new WebSocket(url);',
    'new XMLHttpRequest();',
    "import { request } from 'node:http';",
    "import { get } from 'node:https';",
    "import net from 'node:net';",
    "import { connect } from 'node:tls';",
    "import dgram from 'node:dgram';",
    "import { createServer } from 'node:http';",
    'const all = globalThis;',
    'const x = globalThis[name];',
    "const f = eval('fetch');",
    "const f = new Function('return fetch');",
    "const load = require('x'); const y = 1;",
    "import { createRequire } from 'node:module';",
    "import vm from 'node:vm';",
    "import { Worker } from 'node:worker_threads';",
    "new Worker('./a.ts');",
    "import { spawn } from 'node:child_process';",
    "process.getBuiltinModule('fs');",
    'declare const fetch: Get; fetch();',
    '{ const fetch = f; } fetch();',
    'await job.moveToDelayed(1);',
  ])('refuses %s', (code) => {
    expect(check({ 'src/jobs/a.ts': code }).filter((line) => !line.startsWith('imports'))).toEqual([
      'raw-call src/jobs/a.ts:1',
    ]);
  });

  it.each([
    'const t = new Date(0);',
    'const t = Date.UTC(2020) + Date.parse(text);',
    'if (t instanceof Date) f();',
    'let t: Date; let f: typeof fetch; interface A extends Date { c: typeof console }',
    'interface A { fetch(): void; setTimeout: number }',
    'cache.fetch(1);',
    'const a = { console: 1 };',
    'declare function now(): number;',
    'function ask(fetch: Get) { return fetch(1); }',
    'const { fetch, now: setTimeout } = options; fetch(setTimeout);',
    'class A { performance = 1; console() { return this.performance; } }',
    'try { f(); } catch (process) { f(process); }',
    'const x = Math.floor(1); const { min } = Math;',
    "const on = typeof window !== 'undefined';",
    'process.cwd();',
    "import type { Socket } from 'node:net'; import { type Server, STATUS_CODES } from 'node:http';",
    "import { createHash } from 'node:crypto';",
    'function f() { if (a) { var parent = 1; } return parent; }',
  ])('accepts %s', (code) => {
    expect(check({ 'src/jobs/a.ts': code })).toEqual([]);
  });

  it('lets the owners make them, and tools do as they like', () => {
    expect(check({ 'src/runtime/clock.ts': 'Date.now(); setTimeout(f, 1);' })).toEqual([]);
    expect(check({ 'src/runtime/config/environment.ts': 'const e = process.env;' })).toEqual([]);
    expect(check({ 'src/main/cli.ts': "console.log('x');" })).toEqual([]);
    expect(check({ 'tools/a.ts': 'setTimeout(f, Math.random());' })).toEqual([]);
  });

  it('lets api serve, and not reach anything', () => {
    const code =
      "import { createServer } from 'node:http';\nimport { WebSocket, WebSocketServer } from 'ws';";
    expect(check({ 'src/api/a.ts': code })).toEqual(['raw-call src/api/a.ts:2']);
    expect(check({ 'src/api/a.ts': "import * as ws from 'ws';\nfetch(1);" })).toHaveLength(2);
  });

  it.each(['process.cwd();', "Buffer.from('x');", 'globalThis.process.cwd();', 'setImmediate(f);'])(
    'keeps what only Node has out of rooms without it: %s',
    (code) => {
      expect(check({ 'src/domain/a.ts': code })).toEqual(['raw-call src/domain/a.ts:1']);
      expect(check({ 'src/web/a.ts': code })).toEqual(['raw-call src/web/a.ts:1']);
    },
  );

  it('refuses sleeps in tests', () => {
    expect(check({ 'src/jobs/a.test.ts': 'setTimeout(f, 1);' })).toHaveLength(1);
    expect(check({ 'src/jobs/a.test.ts': 'Date.now();' })).toEqual([]);
  });

  it('knows why each owner is one', () => {
    for (const { owners } of BANS)
      for (const reason of Object.values(owners)) expect(reason.length).toBeGreaterThan(10);
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

describe('kinds of files', () => {
  it.each(['a.mts', 'a.cts', 'a.js', 'a.mjs', 'a.cjs', 'a.jsx'])('refuses code in %s', (name) => {
    expect(check({ [`src/domain/${name}`]: '' })).toEqual([`file-kind src/domain/${name}:1`]);
    expect(check({ [`tools/${name}`]: '' })).toEqual([]);
  });

  it('reads every kind of code there is', () => {
    const root = mkdtempSync(join(tmpdir(), 'structure-'));
    try {
      for (const folder of ['src/domain', 'test', 'bench', 'tools'])
        mkdirSync(join(root, folder), { recursive: true });
      const names = ['a.ts', 'a.tsx', 'a.sql', 'a.mts', 'a.cts', 'a.js', 'a.mjs', 'a.cjs', 'a.jsx'];
      for (const name of [...names, 'a.css']) writeFileSync(join(root, 'src/domain', name), '');
      symlinkSync(join(root, 'test'), join(root, 'src/domain/link'));
      const read = readSources(root).map(({ path }) => path.replace('src/domain/', ''));
      expect(read.sort()).toEqual([...names, 'link'].sort());
      expect(check({ 'src/domain/link': '' })).toEqual(['file-kind src/domain/link:1']);
    } finally {
      rmSync(root, { recursive: true });
    }
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
