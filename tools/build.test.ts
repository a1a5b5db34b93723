import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

interface Builder {
  buildWeb(outDir: string): Promise<void>;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('makes the web app of React as it is shipped, whatever the environment says', {
  timeout: 60_000,
}, async () => {
  const environment = process.env['NODE_ENV'];
  expect(environment).not.toBe('production');
  const { buildWeb } = (await import(join(import.meta.dirname, 'build.mjs'))) as Builder;
  await buildWeb(folder);
  expect(process.env['NODE_ENV']).toBe(environment);
  const assets = join(folder, 'assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(3);
  for (const name of scripts)
    expect(/jsxDEV/.exec(await readFile(join(assets, name), 'utf8')), name).toBeNull();
});
