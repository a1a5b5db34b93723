import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDatabaseRole } from '../../src/main/roles/database.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLogger, silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openDatabase } from '../../src/store/database.ts';
import { resolveDatabaseUrl } from '../../src/store/embedded/home.ts';
import { until } from '../until.ts';

describe('role database', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'autotrade-role-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const context = () => ({
    config: { DATA_DIR: directory },
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  /** Without this file no server starts. */
  const control = () => join(directory, 'database', 'data', 'global', 'pg_control');
  const serverPid = async () =>
    Number((await readFile(join(directory, 'database', 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  it('ends when a server does not start at first, saying why: the process manager counts', async () => {
    const first = await startDatabaseRole(context());
    await first.stop();
    await rename(control(), `${control()}.away`);
    await expect(startDatabaseRole(context())).rejects.toMatchObject({
      code: 'DATABASE_START',
      message: expect.stringContaining('pg_control'),
    });
  });

  it('goes on starting a server that has served, and says why there is none', async () => {
    const role = await startDatabaseRole(context());
    expect(role.status?.()).toEqual({});
    await rename(control(), `${control()}.away`);
    process.kill(await serverPid(), 'SIGKILL');
    const message = () => String(role.status?.().detail?.['message']);
    await until(() => message().includes('pg_control'), 'the reason');
    await rename(`${control()}.away`, control());
    await until(() => role.status?.().state === undefined, 'the server');
    await role.stop();
    await role.ended;
  });

  it.runIf(process.getuid?.() === 0)('waits for room on a full disk, and says so', async () => {
    const mount = (options: string) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', directory]);
    mount('size=10m');
    try {
      const reasons: string[] = [];
      const waiting = (reason: string) => {
        if (reasons.push(reason) === 1) mount('remount,size=300m');
      };
      const role = await startDatabaseRole({ ...context(), waiting });
      expect(reasons[0]).toMatch(
        /does not start: no room is left .* \(initdb failed: .*No space left on device/,
      );
      await role.stop();
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  it('starts a server that was killed again, on the same address, and stops it for good', async () => {
    const lines: string[] = [];
    const log = createLogger({
      service: 'database',
      destination: { write: (line: string) => void lines.push(line) },
    });
    const role = await startDatabaseRole({ ...context(), log });
    const database = openDatabase({
      url: await resolveDatabaseUrl({ dataDir: directory }),
      log,
      applicationName: 'test',
    });
    await database.query('CREATE TABLE kept ()');
    const pid = () =>
      lines.flatMap((line) => {
        const { pid, msg } = JSON.parse(line) as { pid?: number; msg: string };
        return msg === 'embedded PostgreSQL accepts connections' && pid !== undefined ? [pid] : [];
      });
    const [first = 0] = pid();
    process.kill(first, 'SIGKILL');
    await until(() => pid().length === 2, 'the second server');
    expect((await until(() => database.query('SELECT * FROM kept'))).rowCount).toBe(0);
    await role.stop();
    await role.ended;
    await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STORE_CONNECTION' });
    await database.close();
    // Neither passwords nor statements are in the log.
    expect(lines.join('')).not.toMatch(/PASSWORD|postgres:\/\//);
  });
});
