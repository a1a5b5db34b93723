import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseResetCommand, resetCommand } from '../../src/main/commands/database.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Secret } from '../../src/runtime/secret.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { findBinaries, repairLinks } from '../../src/store/embedded/binaries.ts';
import { chooseGround, type Ground } from '../../src/store/embedded/ground.ts';
import { deleteHome, resolveDatabaseUrl } from '../../src/store/embedded/home.ts';
import { canServe, NAMESPACE, NOBODY } from '../../src/store/embedded/identity.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/store/embedded/launcher.ts';
import { listenNews, publishNews } from '../../src/store/news.ts';
import { ended, firstLine, kill } from '../processes.ts';
import { until } from '../until.ts';

const isRoot = process.getuid?.() === 0;

let directory: string;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'autotrade-embedded-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(directory, { recursive: true, force: true });
});

async function start(dataDir = directory, options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    sync: false,
    ...options,
  });
  closers.push(() => server.stop());
  return server;
}

function connectTo(url: Secret | string): Database {
  const database = openDatabase({ url, log: silentLogger, applicationName: 'test' });
  closers.push(() => database.close());
  return database;
}

interface Owner {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly url: string;
}

/** A server owned by another process, run as `uid`. */
async function startInProcess(dataDir: string, uid?: number): Promise<Owner> {
  const script = join(import.meta.dirname, 'run_embedded.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid === undefined
      ? {}
      : { uid, gid: uid, env: { PATH: '/usr/bin:/bin', HOME: dataDir, TMPDIR: dataDir } }),
  });
  closers.push(async () => {
    child.kill('SIGTERM');
    await ended(child);
  });
  const answer = JSON.parse(await firstLine(child)) as Omit<Owner, 'child'> & { message?: string };
  if (answer.message !== undefined) throw new Error(answer.message);
  return { ...answer, child };
}

/** What takes fifteen seconds of patience takes fifteen hundredths of one. */
const hurried: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() * 100 };

/** Gone, or waiting for a parent that does not reap. */
async function isGone(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return text === undefined || / Z /.test(text);
}

describe('embedded PostgreSQL', () => {
  it('keeps its data, port and passwords over restarts, hides them from others, and answers only with the password', async () => {
    const first = await start();
    await connectTo(first.url).query('CREATE TABLE kept AS SELECT 7 AS a');
    await first.stop();
    const second = await start();
    expect(second.port).toBe(first.port);
    expect((await resolveDatabaseUrl({ dataDir: directory })).reveal()).toBe(second.url.reveal());
    const database = connectTo(second.url);
    expect((await database.query('SELECT a FROM kept')).rows).toEqual([{ a: 7 }]);
    const facts =
      await database.query(`SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS listens,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`);
    expect(facts.rows).toEqual([{ fsync: 'on', listens: '127.0.0.1', superuser: false }]);
    for (const path of ['database/connection.json', 'database']) {
      expect((await stat(join(directory, path))).mode & 0o077).toBe(0);
    }
    const wrong = new URL(second.url.reveal());
    wrong.password = 'guess';
    await expect(connectTo(wrong.href).query('SELECT 1')).rejects.toMatchObject({ code: 'STORE_PERMISSION' });
  });

  it('loses nothing acknowledged when server and children are killed in the middle of writing', async () => {
    const owner = await startInProcess(directory);
    const database = connectTo(owner.url);
    await database.query('CREATE TABLE t (a int4 PRIMARY KEY)');
    const acknowledged: number[] = [];
    const writer = (async () => {
      for (let a = 0; ; a++) {
        await database.query('INSERT INTO t VALUES ($1)', [a]);
        acknowledged.push(a);
      }
    })().catch(() => undefined);
    await until(() => acknowledged.length > 50);
    const children = await readFile(`/proc/${owner.pid}/task/${owner.pid}/children`, 'utf8');
    // Without the first the others end by themselves; so does the owner without its server.
    for (const pid of [owner.pid, ...children.trim().split(' ').filter(Boolean).map(Number)]) kill(pid);
    await writer;
    owner.child.kill('SIGKILL');
    await ended(owner.child);
    const again = await start();
    const { rows } = await connectTo(again.url).query<{ a: number }>('SELECT a FROM t ORDER BY a');
    expect(rows.slice(0, acknowledged.length).map((row) => row.a)).toEqual(acknowledged);
  });

  it('ends with its owner, however that one ends', async () => {
    const owner = await startInProcess(directory);
    const database = connectTo(owner.url);
    await database.query('CREATE TABLE kept ()');
    owner.child.kill('SIGKILL');
    await until(() => isGone(owner.pid), 'the end of the server');
    const next = await start();
    expect((await connectTo(next.url).query('SELECT * FROM kept')).rowCount).toBe(0);
  });

  it('refuses a second owner while the first one lives on', async () => {
    const owner = await startInProcess(directory);
    await expect(start(directory, { clock: hurried })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'DATABASE_IN_USE',
      message: expect.stringContaining(`process ${owner.child.pid}`),
    });
    expect(await isGone(owner.pid)).toBe(false);
  });

  it('waits for an owner that is about to end', async () => {
    const owner = await startInProcess(directory);
    await connectTo(owner.url).query('CREATE TABLE kept ()');
    const reasons: string[] = [];
    const next = await start(directory, {
      waiting(reason) {
        if (reasons.push(reason) === 1) owner.child.kill('SIGTERM');
      },
    });
    expect(reasons[0]).toContain(`process ${owner.child.pid}`);
    expect((await connectTo(next.url).query('SELECT * FROM kept')).rowCount).toBe(0);
  });

  it('takes over at once from an owner that has ended and was never reaped', async () => {
    // The shell becomes a program that does not know of the child it has, nor asks for its end.
    const parent = spawn('/bin/sh', ['-c', 'tail -f /dev/null & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closers.push(() => parent.kill('SIGKILL'));
    const pid = Number(await firstLine(parent));
    await until(async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')) === 'sleep\n');
    process.kill(pid, 'SIGKILL');
    await until(async () => / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8')), 'a zombie');
    await mkdir(join(directory, 'database'));
    await writeFile(join(directory, 'database/supervisor.json'), JSON.stringify({ pid }));
    const reasons: string[] = [];
    await start(directory, { waiting: (reason) => void reasons.push(reason) });
    expect(reasons).toEqual([]);
  });

  it('stops a server that outlived its owner and takes its data over', async () => {
    const first = await start();
    // As left by an owner that died where no death signal exists: the server lives, its owner's pid does not.
    const gone = spawn('true');
    await ended(gone);
    await writeFile(join(directory, 'database/supervisor.json'), JSON.stringify({ pid: gone.pid }));
    await connectTo(first.url).query('CREATE TABLE kept ()');
    const second = await start();
    expect(second.pid).not.toBe(first.pid);
    await first.ended;
    expect((await connectTo(second.url).query('SELECT * FROM kept')).rowCount).toBe(0);
  });

  it('starts over a stale pid file whose number now belongs to another program', async () => {
    const first = await start();
    await first.stop();
    const data = join(directory, 'database/data');
    await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n0\n${first.port}\n\n127.0.0.1\n`);
    await start();
  });

  it('is found again by pools and listeners after a restart in the middle of their work', async () => {
    const first = await start();
    const database = connectTo(first.url);
    const listener = listenNews({
      url: first.url,
      applicationName: 'listener',
      log: silentLogger,
      clock: systemClock,
      random: systemRandom,
    });
    closers.push(() => listener.close());
    const offsets: number[] = [];
    listener.subscribe('changes', (why) => void (why.reason === 'news' && offsets.push(why.upTo.offset)));
    await until(() => listener.connected);
    await publishNews(database, 'changes', { epoch: 1, offset: 1 });
    await until(() => offsets.includes(1));
    const cut = database.query('SELECT pg_sleep(20)').catch((error: unknown) => error);
    await until(
      async () =>
        (await database.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).rowCount,
    );
    await first.stop();
    expect(await cut).toMatchObject({ code: 'STORE_CONNECTION', retryable: true });
    await expect(database.query('SELECT 1')).rejects.toMatchObject({
      code: 'STORE_CONNECTION',
      retryable: true,
    });
    await start();
    await until(() => listener.connected);
    await publishNews(database, 'changes', { epoch: 1, offset: 2 });
    await until(() => offsets.includes(2));
    expect(offsets).toEqual([1, 2]);
  });

  it('says what to do where there is no binary, no database, or damaged files', async () => {
    await expect(findBinaries(directory, 'sunos', 'sparc')).rejects.toThrow(/sunos-sparc.*DATABASE_URL/);
    await expect(resolveDatabaseUrl({ dataDir: directory })).rejects.toMatchObject({
      code: 'DATABASE_NOT_STARTED',
    });
    await mkdir(join(directory, 'database'));
    await writeFile(join(directory, 'database/connection.json'), '{"port":1}');
    await expect(start()).rejects.toMatchObject({ name: 'ConfigError', code: 'DATABASE_FILES' });
    await rm(join(directory, 'database/connection.json'));
    await mkdir(join(directory, 'database/data'));
    await writeFile(join(directory, 'database/data/PG_VERSION'), '14\n');
    await expect(start()).rejects.toMatchObject({ name: 'ConfigError', code: 'DATABASE_VERSION' });
  });

  it('says that a password is not the one of these data instead of trying it for ever', async () => {
    const first = await start();
    await first.stop();
    const file = join(directory, 'database/connection.json');
    const connection = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...connection, superuserPassword: 'guess' }));
    await expect(start()).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'DATABASE_PASSWORD',
      message: expect.stringContaining('autotrade db reset'),
    });
  });

  it('repairs the library links that a skipped install script did not make', async () => {
    const { root: installed } = await findBinaries(directory);
    const root = join(directory, 'package', 'native');
    await cp(join(installed, 'lib'), join(root, 'lib'), { recursive: true, verbatimSymlinks: true });
    await cp(join(installed, 'pg-symlinks.json'), join(root, 'pg-symlinks.json'));
    const links = JSON.parse(await readFile(join(root, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
    for (const { target } of links) await unlink(join(root, '..', target));
    expect(await repairLinks(root, join(directory, 'links'))).toBeUndefined();
    for (const { target } of links) expect((await stat(join(root, '..', target))).isFile()).toBe(true);
    // A package that cannot be written, such as one that another user installed.
    await unlink(join(root, 'lib', 'libpq.so.5'));
    await mkdir(join(root, 'lib', 'libpq.so.5'));
    expect(await repairLinks(root, join(directory, 'links'))).toBe(join(directory, 'links'));
    expect((await stat(join(directory, 'links', 'libpq.so.5'))).isFile()).toBe(true);
  });
});

describe.runIf(isRoot)('embedded PostgreSQL started by root', () => {
  it('works below a folder that only root can enter', async () => {
    await chmod(directory, 0o700);
    const dataDir = join(directory, 'a', 'b');
    const server = await start(dataDir);
    expect((await connectTo(server.url).query('SELECT 1')).rowCount).toBe(1);
    expect((await stat(join(dataDir, 'database/data'))).uid).toBe(0);
  });

  it('stays in its home when the disk is full: nobody has room there either', async () => {
    const home = join(directory, 'full');
    await mkdir(home);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=700,nr_inodes=1', 'tmpfs', home]);
    closers.push(async () => void execFileSync('umount', [home]));
    const { postgres, sharedLibraries } = await findBinaries(join(directory, 'lib'));
    await expect(writeFile(join(home, 'a'), '')).rejects.toThrow('ENOSPC');
    expect(await canServe(NAMESPACE, postgres, home, sharedLibraries)).toBe(true);
    await chown(home, 1, 1);
    expect(await canServe(NAMESPACE, postgres, home, sharedLibraries)).toBe(false);
  });

  /** As where namespaces are denied; from then on the recorded place decides. */
  async function moveToNobody(): Promise<Ground> {
    const home = join(directory, 'database');
    await mkdir(home, { recursive: true });
    const binaries = await findBinaries(join(home, 'lib'));
    const ground = await chooseGround({ home, binaries, log: silentLogger, uid: 0, namespaceWorks: false });
    closers.push(() => rm(ground.scratch, { recursive: true, force: true }));
    return ground;
  }

  it('moves programs and data to the reach of nobody where namespaces are denied', async () => {
    const first = await start();
    await connectTo(first.url).query('CREATE TABLE kept AS SELECT 7 AS a');
    await first.stop();
    expect((await moveToNobody()).identity.kind).toBe('nobody');
    const second = await start();
    const process = await readFile(`/proc/${second.pid}/status`, 'utf8');
    expect(process).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s`, 'm'));
    expect((await connectTo(second.url).query('SELECT a FROM kept')).rows).toEqual([{ a: 7 }]);
    expect(await readdir(join(directory, 'database'))).toContain('data.moved');
  });

  it.each([
    ['db reset', databaseResetCommand],
    ['reset', resetCommand],
  ])('%s deletes what lies in the reach of nobody too', async (_, command) => {
    const { scratch, data } = await moveToNobody();
    const first = await start();
    await connectTo(first.url).query('CREATE TABLE old ()');
    const reset = () =>
      command.run({
        words: [],
        options: { confirm: 'simulator' },
        source: { environment: { DATA_DIR: directory }, file: {} },
        print: () => undefined,
        terminal: false,
      });
    await writeFile(join(directory, 'database/supervisor.json'), JSON.stringify({ pid: process.ppid }));
    await expect(reset()).rejects.toMatchObject({ name: 'ConfigError', code: 'DATABASE_IN_USE' });
    await first.stop();
    expect((await stat(data)).isDirectory()).toBe(true);
    expect(await reset()).toBe(0);
    await expect(stat(scratch)).rejects.toThrow('ENOENT');
    await moveToNobody();
    const second = await start();
    expect((await connectTo(second.url).query("SELECT to_regclass('old') AS old")).rows).toEqual([
      { old: null },
    ]);
  });

  it('never takes over what a home that was deleted by hand left behind', async () => {
    const before = await moveToNobody();
    await (await start()).stop();
    await rm(join(directory, 'database'), { recursive: true });
    expect((await moveToNobody()).data).not.toBe(before.data);
    expect((await connectTo((await start()).url).query('SELECT 1')).rowCount).toBe(1);
  });

  it('deletes no place that is not its own, whatever the file says', async () => {
    const foreign = join(directory, 'foreign');
    await mkdir(foreign);
    await mkdir(join(directory, 'database'));
    await writeFile(join(directory, 'database/location.json'), JSON.stringify({ root: foreign }));
    await expect(deleteHome(join(directory, 'database'))).rejects.toMatchObject({ code: 'DATABASE_FILES' });
    expect((await stat(foreign)).isDirectory()).toBe(true);
  });

  it('works for an ordinary user, and ends with him too', async () => {
    await chown(directory, NOBODY, NOBODY);
    const owner = await startInProcess(directory, NOBODY);
    expect((await connectTo(owner.url).query('SELECT 1')).rowCount).toBe(1);
    owner.child.kill('SIGKILL');
    await until(() => isGone(owner.pid), 'the end of the server');
  });
});
