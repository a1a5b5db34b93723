/** `npm run check`: structure, types, lint and dead code, side by side. Exit code 1 when any of them objects. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOMS } from './rooms.ts';
import { checkStructure } from './structure/check.ts';
import { readSources } from './structure/files.ts';
import { WAIVERS } from './structure/waivers.ts';

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

const root = join(import.meta.dirname, '..');
const nativeTsc = join(root, 'node_modules/@typescript/native/bin/tsc');
const binary = (name: string) => join(root, 'node_modules/.bin', name);
/** What the compiler knows of the last run: a change is checked in a few seconds instead of everything anew. */
const typesMemory = join(root, 'node_modules/.cache/types.tsbuildinfo');

function runTool(name: string, command: string, args: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const finish = (ok: boolean) =>
      resolve({ name, ok, seconds: (performance.now() - started) / 1000, output: ok ? '' : output.trim() });
    child.on('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.on('close', (code) => finish(code === 0));
  });
}

function runStructure(): Outcome {
  const started = performance.now();
  const violations = checkStructure(readSources(root), ROOMS, WAIVERS);
  const lines = violations.map(({ path, line, rule, message }) => `${path}:${line}  ${rule}  ${message}`);
  return {
    name: 'structure',
    ok: violations.length === 0,
    seconds: (performance.now() - started) / 1000,
    output: lines.join('\n'),
  };
}

const running = [
  runTool('types', process.execPath, [
    nativeTsc,
    '-p',
    '.',
    '--incremental',
    '--tsBuildInfoFile',
    typesMemory,
  ]),
  runTool('lint', binary('biome'), ['check', '--error-on-warnings', '--max-diagnostics=50', '.']),
  runTool('dead code', binary('knip'), ['--no-progress']),
];
const outcomes = [runStructure(), ...(await Promise.all(running))];
for (const { name, ok, seconds, output } of outcomes) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${seconds.toFixed(1)} s`);
  if (output !== '') console.log(`${output}\n`);
}
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
