/**
 * `npm run dev`: runs everything, rebuilds and restarts when a server file changes, rebuilds the web app alone when
 * only src/web changed (then reload the page). Ctrl-C stops it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Editors save in several steps: wait for the last one. */
const QUIET_MS = 200;

interface Builder {
  ensureBuilt(options?: { force?: boolean; quiet?: boolean }): Promise<boolean>;
  rebuildWeb(): Promise<void>;
}
const { ensureBuilt, rebuildWeb } = (await import(join(root, 'tools/build.mjs'))) as Builder;

let running: ChildProcess | undefined;
let changes: string[] = [];
let timer: NodeJS.Timeout | undefined;
let busy = Promise.resolve();

function start(): void {
  const child = spawn(process.execPath, [join(root, 'bin/autotrade.mjs'), 'start'], {
    cwd: root,
    stdio: 'inherit',
  });
  running = child;
  child.once('exit', () => {
    if (running === child) running = undefined;
  });
}

function stop(): Promise<void> {
  const child = running;
  if (child === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

async function apply(files: readonly string[]): Promise<void> {
  try {
    if (files.every((file) => file.startsWith('web/'))) {
      await rebuildWeb();
      console.log('The web app is rebuilt: reload the page.');
      return;
    }
    // Build first: with a mistake in the source, what runs goes on running.
    await ensureBuilt();
    await stop();
    start();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

watch(join(root, 'src'), { recursive: true }, (_event, file) => {
  if (file === null || /\.test\.tsx?$|~$|\.sw.$/.test(file)) return;
  changes.push(file.replaceAll('\\', '/'));
  clearTimeout(timer);
  timer = setTimeout(() => {
    const files = changes;
    changes = [];
    busy = busy.then(() => apply(files));
  }, QUIET_MS);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stop().then(() => process.exit(0));
  });

await ensureBuilt();
start();
