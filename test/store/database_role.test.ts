import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDatabaseRole } from '../../src/main/roles/database.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/log.ts';
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

  it('starts a server that was killed again, on the same address, and stops it for good', async () => {
    const lines: string[] = [];
    const log = createLogger({
      service: 'database',
      destination: { write: (line: string) => void lines.push(line) },
    });
    const role = await startDatabaseRole({
      config: { DATA_DIR: directory },
      clock: systemClock,
      random: systemRandom,
      log,
    });
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
