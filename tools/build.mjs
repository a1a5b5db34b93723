// Builds dist/: the server bundle (esbuild), the SQL migrations beside it, and the web app (Vite). Plain JavaScript,
// because `npm start` in a fresh clone runs it before anything is compiled. Skips what is fresh.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const stampPath = join(dist, 'build.json');

/** Everything that the build reads. */
const INPUTS = [
  'src',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'tools/build.mjs',
];

function filesOf(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (/\.[a-z]+$/.test(path)) return [full];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** SHA-256 over names and contents of the inputs. */
function inputHash() {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0]);
  for (const path of INPUTS.flatMap(filesOf))
    hash.update(`${path.slice(root.length)}\0`).update(readFileSync(path));
  return hash.digest('hex');
}

function builtHash() {
  try {
    return JSON.parse(readFileSync(stampPath, 'utf8')).hash;
  } catch {
    return undefined;
  }
}

/** The server: one entry, roles as chunks beside it that load when needed. Dependencies stay outside. */
async function buildServer(outdir) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: { autotrade: 'src/main/cli.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
  // The migration runner reads the files beside its own module.
  if (existsSync(join(root, 'src/store/migrations')))
    cpSync(join(root, 'src/store/migrations'), join(outdir, 'migrations'), { recursive: true });
}

/** The web app into `outDir`. */
export async function buildWeb(outDir) {
  if (!existsSync(join(root, 'src/web/index.html'))) return;
  const { build } = await import('vite');
  const before = process.env.NODE_ENV;
  // Vite builds React's development version, several times as slow, where the caller's environment names another one.
  process.env.NODE_ENV = 'production';
  try {
    await build({
      configFile: join(root, 'src/web/vite.config.ts'),
      root: join(root, 'src/web'),
      mode: 'production',
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

/** Puts a finished build in the place of dist. */
function swapIn(draft) {
  const old = join(root, `dist.old-${process.pid}`);
  try {
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(draft, dist);
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/**
 * Builds into a fresh folder and then swaps, so that a half-built dist is never run. Where another process has
 * finished the same build meanwhile, its result stays: programs that it started still load their parts from there.
 */
async function buildAll(hash, force) {
  const started = performance.now();
  const draft = join(root, `dist.new-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  try {
    await Promise.all([buildServer(draft), buildWeb(join(draft, 'web'))]);
    writeFileSync(join(draft, 'build.json'), `${JSON.stringify({ hash })}\n`);
    if (force || builtHash() !== hash) swapIn(draft);
  } catch (error) {
    // The other process came between the look and the swap.
    if (builtHash() !== hash) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return (performance.now() - started) / 1000;
}

/** Builds when an input has changed since the last build. */
export async function ensureBuilt({ force = false, quiet = false } = {}) {
  const hash = inputHash();
  if (!force && builtHash() === hash) return false;
  if (!quiet) console.log('Building...');
  const seconds = await buildAll(hash, force);
  if (!quiet) console.log(`Built in ${seconds.toFixed(1)} s.`);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await ensureBuilt({ force: process.argv.includes('--force') });
  if (!built) console.log('dist/ is up to date.');
}
