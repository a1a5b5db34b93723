import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../until.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'main', 'cli.ts');
const TSX = import.meta.resolve('tsx');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program in an empty folder with a clean environment. */
function autotrade(args: string[], environment: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', TSX, CLI, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString('utf8');
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

describe('autotrade', () => {
  it('explains itself', async () => {
    const [bare, help, startHelp] = await Promise.all([
      autotrade([]),
      autotrade(['--help']),
      autotrade(['start', '--help']),
    ]);
    expect(bare.code).toBe(64);
    expect(help.code).toBe(0);
    for (const command of [
      'start',
      'stop',
      'status',
      'logs',
      'service',
      'link',
      'config check',
      'doctor',
      'db migrate',
      'reset',
    ])
      expect(help.out).toContain(`  ${command}`);
    expect(startHelp.out).toContain('--production');
  });

  it('names the nearest command and refuses unknown options', async () => {
    const [typo, group, option] = await Promise.all([
      autotrade(['statsu']),
      autotrade(['db']),
      autotrade(['status', '--frobnicate']),
    ]);
    expect(typo).toMatchObject({ code: 64, err: expect.stringContaining("did you mean 'status'?") });
    expect(group.err).toContain('autotrade db migrate');
    expect(option).toMatchObject({ code: 64, err: expect.stringContaining('Usage: autotrade status') });
  });

  it('reports every wrong setting at once with exit code 78, quoting no secret', async () => {
    writeFileSync(join(folder, '.env'), 'PORT=abc\nDATABASE_URL=mysql://u:hunter2@h\n');
    const check = await autotrade(['config', 'check'], { AUTOTRADE_BATCHSIZE: '5' });
    expect(check.code).toBe(78);
    expect(check.err).toContain('3 settings are wrong');
    expect(check.err).toContain('did you mean AUTOTRADE_BATCH_SIZE?');
    expect(check.err).not.toContain('hunter2');
  });

  it('refuses a .env with a line that it cannot read, instead of running something else', async () => {
    writeFileSync(join(folder, '.env'), 'NETWORK mainnet\nPORT=9000\nPORT=9001\nhunter2\n');
    const check = await autotrade(['config', 'check']);
    expect(check.code).toBe(78);
    expect(check.err).toContain('.env line 1 is not KEY=value');
    expect(check.err).toContain('.env line 3: PORT is in line 2 too; keep one');
    expect(check.err).not.toContain('hunter2');
  });

  it('prints the settings in force with secrets hidden', async () => {
    writeFileSync(join(folder, '.env'), 'DATABASE_URL=postgres://app:hunter2@db/x\n');
    const check = await autotrade(['config', 'check']);
    expect(check.code).toBe(0);
    expect(check.out).toMatch(/DATABASE_URL\s+postgres:\/\/app:\[redacted\]@db\/x {2}\(\.env\)/);
    expect(check.out).not.toContain('hunter2');
  });

  it('says when nothing runs', async () => {
    const [status, stop, link] = await Promise.all([
      autotrade(['status']),
      autotrade(['stop']),
      autotrade(['link']),
    ]);
    expect(status).toMatchObject({ code: 4, out: expect.stringContaining('Nothing is running') });
    expect(stop).toMatchObject({ code: 0, out: expect.stringContaining('Nothing is running') });
    expect(link.code).toBe(78);
  });

  it('refuses a production start with settings for play', async () => {
    const start = await autotrade(['start', '--production']);
    expect(start.code).toBe(78);
    expect(start.err).toContain('NETWORK is simulator');
    expect(start.err).toContain('DATABASE_URL is absent');
  });

  it('tries the address that the web server would really listen on', async () => {
    // 192.0.2.0/24 is set aside for documents: no machine has it.
    const doctor = await autotrade(['doctor'], { HOST: '192.0.2.1', PORT: '18787' });
    expect(doctor).toMatchObject({
      code: 1,
      out: expect.stringMatching(/bad +Cannot listen on 192\.0\.2\.1:18787 \(\w+\)\. Change HOST or PORT\./),
    });
  });

  it('says in a sentence which folder cannot be written, with exit code 78, and never hangs on it', async () => {
    writeFileSync(join(folder, 'file'), '');
    const folders = [join(folder, 'file'), ...(existsSync('/proc/self') ? ['/proc/autotrade'] : [])];
    const runs = folders.flatMap((bad, index) => [
      autotrade(['start'], { DATA_DIR: bad }),
      autotrade(['service', 'database'], { DATA_DIR: bad }),
      autotrade(['start'], { DATA_DIR: join(folder, `data-${index}`), LOG_DIR: bad }),
    ]);
    for (const { code, err } of await Promise.all(runs)) {
      expect(code).toBe(78);
      expect(err).toMatch(/^Cannot write into the folder .* set (DATA|LOG)_DIR to another folder/);
      expect(err).not.toMatch(/^ +at /m);
    }
    const [DATA_DIR = '', LOG_DIR = DATA_DIR] = folders;
    const doctor = await autotrade(['doctor'], { DATA_DIR, LOG_DIR });
    expect(doctor.code).toBe(1);
    expect(doctor.out).toMatch(/^bad +Cannot write into the folder .* set DATA_DIR to/m);
    expect(doctor.out).toMatch(/^bad +Cannot write into the folder .* set LOG_DIR to/m);
  });

  it('deletes only what is confirmed by name', async () => {
    const data = join(folder, 'data', 'simulator');
    mkdirSync(data, { recursive: true });
    const refused = await autotrade(['reset']);
    expect(refused).toMatchObject({ code: 78, err: expect.stringContaining('--confirm simulator') });
    const other = await autotrade(['reset', '--confirm', 'mainnet']);
    expect(other.code).toBe(78);
    const done = await autotrade(['reset', '--confirm', 'simulator']);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('Deleted') });
  });

  it('refuses an unknown role', async () => {
    const [unknown, account] = await Promise.all([
      autotrade(['service', 'nothing']),
      autotrade(['service', 'api@main']),
    ]);
    expect(unknown).toMatchObject({ code: 78, err: expect.stringContaining('Roles: database') });
    expect(account.err).toContain('write api');
  });

  it('runs one role alone: JSON lines, ready, stopped by SIGTERM with exit code 0', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const child = spawn(process.execPath, ['--import', TSX, CLI, 'service', 'simulator'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], SIMULATOR_PORT: String(port), SIMULATOR_TRADERS: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      await until(() => out.includes('"msg":"ready"'), 'the role to be ready');
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ level: 'info', service: 'simulator', msg: 'stopped' });
  });

  it('names an option of the simulator as it was typed, and takes it before the environment', async () => {
    const environment = { AUTOTRADE_SIMULATOR_PORT: '3009' };
    const [port, network, both] = await Promise.all([
      autotrade(['simulator', '--port', 'abc'], environment),
      autotrade(['simulator', '--signatures', 'moon'], environment),
      autotrade(['simulator', '--traders', '0', '--replay', 'nothing.jsonl', '--port', '3010'], environment),
    ]);
    expect(port).toMatchObject({ code: 78, out: '' });
    expect(port.err).toContain('- --port must be a whole number from 1 to 65535, not "abc"');
    expect(network.err).toContain('- --signatures must be one of either, mainnet, testnet, not "moon"');
    expect(both).toMatchObject({
      code: 78,
      out: expect.stringContaining('http://127.0.0.1:3010'),
      err: expect.stringMatching(/cannot read the recording .*nothing\.jsonl .*name a capture/),
    });
  });

  it('ends a role with 78 and the reason when a setting is wrong', async () => {
    const role = await autotrade(['service', 'simulator'], { NETWORK: 'moon' });
    expect(role).toMatchObject({ code: 78, err: expect.stringContaining('NETWORK must be one of') });
    expect(role.err).not.toContain(' at ');
  });
});
