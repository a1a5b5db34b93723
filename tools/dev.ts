/** `npm run dev`: runs everything, rebuilds and restarts on every change of a source. Ctrl-C stops it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Editors save in several steps: wait for the last one. */
const QUIET_MS = 200;

interface Builder {
  ensureBuilt(options?: { force?: boolean; quiet?: boolean }): Promise<boolean>;
}
const { ensureBuilt } = (await import(join(root, 'tools/build.mjs'))) as Builder;

let running: ChildProcess | undefined;
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

async function apply(): Promise<void> {
  try {
    // Build first: with a mistake in the source, what runs goes on running.
    if (!(await ensureBuilt())) return;
    await stop();
    start();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
}

watch(join(root, 'src'), { recursive: true }, (_event, file) => {
  if (file === null || /\.test\.tsx?$|~$|\.sw.$/.test(file)) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    busy = busy.then(apply);
  }, QUIET_MS);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stop().then(() => process.exit(0));
  });

await ensureBuilt();
start();
