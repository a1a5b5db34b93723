/** The web app, built from the sources as they are, once per run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

let built: Promise<string> | null = null;

async function buildApp(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'autotrade-web-'));
  process.once('exit', () => void rm(outDir, { recursive: true, force: true }));
  await build({
    configFile: fileURLToPath(new URL('../../src/web/vite.config.ts', import.meta.url)),
    logLevel: 'error',
    mode: 'production',
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
}

/** Folder with index.html and assets/. */
export function builtApp(): Promise<string> {
  built ??= buildApp();
  return built;
}
