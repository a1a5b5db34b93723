/** The web app, built from the sources as they are, once per run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Builder {
  buildWeb(outDir: string): Promise<void>;
}

let built: Promise<string> | null = null;

async function buildApp(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'autotrade-web-'));
  process.once('exit', () => void rm(outDir, { recursive: true, force: true }));
  const builder = join(import.meta.dirname, '../../tools/build.mjs');
  await ((await import(builder)) as Builder).buildWeb(outDir);
  return outDir;
}

/** Folder with index.html and assets/. */
export function builtApp(): Promise<string> {
  built ??= buildApp();
  return built;
}
