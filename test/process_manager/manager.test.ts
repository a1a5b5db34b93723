import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenedOn } from '../../src/main/manager.ts';
import { type RunState, readRunState } from '../../src/main/run_files.ts';
import type { ServiceSpec, ServiceStatus } from '../../src/main/supervisor/service.ts';
import { freePorts } from '../free_ports.ts';
import { ended } from '../processes.ts';
import { until } from '../until.ts';

const spec = (name: string, dependsOn: string[] = []): ServiceSpec => ({
  name,
  role: name,
  dependsOn,
  stopSignal: 'SIGTERM',
  readyTimeoutMs: 20_000,
});

/** Pids whose command line names a child of this folder's manager; grandchildren by their process group. */
function processesOfGroups(groups: readonly number[]): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state !== 'Z' && groups.includes(Number(group));
      } catch {
        return false;
      }
    })
    .map(Number);
}

let folder: string;
let managers: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manager-'));
  managers = [];
});

afterEach(async () => {
  const groups = pids();
  for (const manager of managers) manager.kill('SIGKILL');
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
  for (const manager of managers) await ended(manager);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
});

interface Manager {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

function start(services: ServiceSpec[], port?: number): Manager {
  const driver = join(import.meta.dirname, 'driver.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', driver, folder, JSON.stringify(services)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, ...(port === undefined ? {} : { PORT: String(port) }) },
  });
  managers.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { process: child, output: () => output, ended };
}

const state = (): RunState | undefined => readRunState(join(folder, 'data'));
const pids = (): number[] => (state()?.services ?? []).flatMap(({ pid }) => (pid === null ? [] : [pid]));
const log = (service: string): string => readFileSync(join(folder, 'logs', `${service}.log`), 'utf8');

const service = (name: string): ServiceStatus | undefined =>
  state()?.services.find((entry) => entry.name === name);
const reaches = (name: string, wanted: ServiceStatus['state']) =>
  until(() => service(name)?.state === wanted, `${name} to be ${wanted}`, 30_000);

describe('process manager', () => {
  it('starts in order, keeps logs and stops cleanly on SIGTERM', async () => {
    const manager = start([spec('b', ['a']), spec('a')]);
    await reaches('b', 'ready');
    expect(service('b')?.rssBytes ?? 0).toBeGreaterThanOrEqual(0);
    expect(log('a')).toBe('a is here\n');
    const groups = pids();
    expect(groups).toHaveLength(2);
    manager.process.kill('SIGTERM');
    expect(await manager.ended).toBe(0);
    expect(processesOfGroups(groups)).toEqual([]);
    expect(state()?.services.map((entry) => entry.state)).toEqual(['stopped', 'stopped']);
    expect(readdirSync(join(folder, 'data', 'run'))).toEqual(['services.json']);
    expect(log('process-manager')).toContain('b ready');
  });

  it('gives up on a crash loop after five restarts and keeps the others running', async () => {
    start([spec('crash'), spec('needs', ['crash']), spec('other')]);
    await reaches('crash', 'failed');
    await reaches('needs', 'blocked');
    await reaches('other', 'ready');
    expect(service('crash')).toMatchObject({ restarts: 5, pid: null });
    expect(service('crash')?.note).toContain('Error: cannot go on');
    expect(log('crash').match(/cannot go on/g)).toHaveLength(6);
    expect(service('needs')?.note).toBe('crash is failed');
  });

  it('says beside a service, and of itself, that a log cannot be written', async () => {
    for (const name of ['a.log', 'process-manager.log'])
      mkdirSync(join(folder, 'logs', name), { recursive: true });
    start([spec('a'), spec('b')]);
    await reaches('b', 'ready');
    await until(() => service('a')?.note !== '', 'the note');
    expect(service('a')).toMatchObject({ state: 'ready', degraded: false });
    expect(service('a')?.note).toMatch(/^its log cannot be written: 10 bytes lost \(EISDIR/);
    expect(service('b')?.note).toBe('');
    expect(state()?.note).toMatch(/^its log cannot be written: \d+ bytes lost \(EISDIR/);
  });

  it('restarts what is killed', async () => {
    start([spec('a')]);
    await reaches('a', 'ready');
    const before = service('a')?.pid ?? 0;
    process.kill(before, 'SIGKILL');
    await until(() => service('a')?.state === 'ready' && service('a')?.pid !== before, 'a restart');
    expect(service('a')).toMatchObject({ restarts: 1, lastExit: 'killed by SIGKILL' });
  });

  it('stops a stubborn child and its own children within 10 s of Ctrl-C', async () => {
    const manager = start([spec('a'), spec('stubborn', ['a'])]);
    await reaches('stubborn', 'ready');
    const groups = pids();
    await until(() => processesOfGroups(groups).length === 3);
    manager.process.kill('SIGINT');
    await until(() => processesOfGroups(groups).length === 0, 'every process to be gone', 10_000);
    expect(await manager.ended).toBe(0);
  });

  it('takes a Ctrl-C that arrives twice as one, and stops in order', async () => {
    const manager = start([spec('a'), spec('b', ['a'])]);
    await reaches('b', 'ready');
    manager.process.kill('SIGINT');
    manager.process.kill('SIGTERM');
    expect(await manager.ended).toBe(0);
    expect(state()?.services.map(({ lastExit }) => lastExit)).toEqual(['exit code 0', 'exit code 0']);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const manager = start([spec('a'), spec('stubborn')]);
    await reaches('stubborn', 'ready');
    await reaches('a', 'ready');
    const groups = pids();
    await until(() => processesOfGroups(groups).length === 3);
    manager.process.kill('SIGKILL');
    await manager.ended;
    await until(() => processesOfGroups(groups).length === 0, 'every process to be gone', 15_000);
    // The lock of the dead manager does not keep the next one out.
    start([spec('a')]);
    await until(
      () =>
        state()?.manager.pid !== undefined &&
        service('a')?.state === 'ready' &&
        !groups.includes(service('a')?.pid ?? 0),
      'the next one to run',
    );
  });

  it('comes up right after a manager that was killed, whose services still hold a port', async () => {
    const [port] = await freePorts(1);
    const lingering: ServiceSpec = { ...spec('lingering'), role: 'api' };
    const first = start([lingering], port);
    await reaches('lingering', 'ready');
    const [holder = 0] = pids();
    first.process.kill('SIGKILL');
    await first.ended;
    const second = start([lingering], port);
    await until(() => second.output().includes(`Port ${port} is in use: waiting`), 'the second to wait');
    process.kill(holder, 'SIGTERM');
    await until(
      () => service('lingering')?.state === 'ready' && service('lingering')?.pid !== holder,
      'the second one to run',
    );
  });

  it('knows every port that its services listen on', () => {
    const settings = { HOST: '127.0.0.1', PORT: 1, SIMULATOR_PORT: 2, SIMULATOR_CONTROL_PORT: 0 };
    const services: ServiceSpec[] = [
      { ...spec('a'), role: 'api' },
      { ...spec('b'), role: 'simulator' },
    ];
    const portsOf = (changed: Partial<typeof settings> = {}) =>
      listenedOn({ ...settings, ...changed }, services).map(({ setting }) => setting);
    expect(portsOf()).toEqual(['PORT', 'SIMULATOR_PORT']);
    expect(portsOf({ SIMULATOR_CONTROL_PORT: 3 })).toContain('SIMULATOR_CONTROL_PORT');
  });

  it('refuses at once a port that another program holds', async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as { port: number };
    try {
      const manager = start([{ ...spec('a'), role: 'api' }], port);
      expect(await manager.ended).toBe(78);
      expect(manager.output()).toContain(`Port ${port} is in use by another program`);
      expect(manager.output()).not.toContain('waiting');
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('stops and shows why when a service says that a setting is wrong', async () => {
    const manager = start([spec('misconfigured'), spec('needs', ['misconfigured'])]);
    expect(await manager.ended).toBe(78);
    expect(manager.output()).toContain('PORT must be a number');
    expect(service('misconfigured')?.restarts).toBe(0);
  });

  it('keeps a second one out, saying where the first one is', async () => {
    start([spec('a')]);
    await reaches('a', 'ready');
    const second = start([spec('a')]);
    expect(await second.ended).toBe(78);
    expect(second.output()).toContain('Already running: process');
    expect(second.output()).toContain('http://127.0.0.1:8787');
  });
});
