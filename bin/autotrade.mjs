#!/usr/bin/env node
// Builds when the sources are newer than the build, then runs it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Node ${process.versions.node} is too old: install Node 20.19 or later (https://nodejs.org).`,
  );
  process.exit(78);
}

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
if (existsSync(here('../src/main/cli.ts')) && existsSync(here('../node_modules/esbuild'))) {
  const { ensureBuilt } = await import('../tools/build.mjs');
  await ensureBuilt();
} else if (!existsSync(here('../node_modules'))) {
  console.error('Dependencies are missing: run `npm ci` in this folder first.');
  process.exit(78);
}
process.setSourceMapsEnabled(true);
await import('../dist/autotrade.mjs');
