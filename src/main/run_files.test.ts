import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../runtime/errors.ts';
import {
  type ManagerInfo,
  ownIdentity,
  readRunState,
  runningManager,
  takeLock,
  writeRunState,
} from './run_files.ts';

let dataDir: string;
let info: ManagerInfo;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'run-files-'));
  info = {
    ...ownIdentity(),
    startedAt: 0,
    version: '1',
    network: 'simulator',
    url: 'http://127.0.0.1:8787',
    dataDir,
    logDir: 'logs',
  };
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('takeLock', () => {
  it('keeps a second manager out and says where the first one is', () => {
    const lock = takeLock(info);
    expect(runningManager(dataDir)).toEqual(info);
    expect(() => takeLock(info)).toThrow(ConfigError);
    expect(() => takeLock(info)).toThrow(/Already running: process \d+.*http:\/\/127\.0\.0\.1:8787/s);
    lock.release();
    expect(runningManager(dataDir)).toBeUndefined();
    takeLock(info).release();
    expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
  });

  it('takes over from a dead process, also when its pid lives again as another', () => {
    mkdirSync(join(dataDir, 'run'));
    const path = join(dataDir, 'run', 'manager.lock');
    for (const dead of [{ pid: 2 ** 22 + 1 }, { startTicks: (info.startTicks ?? 0) + 1 }]) {
      writeFileSync(path, JSON.stringify({ ...info, ...dead }));
      takeLock(info).release();
    }
    writeFileSync(path, 'half a fi');
    takeLock(info).release();
  });

  it('says which folder cannot be written, instead of failing somewhere', () => {
    writeFileSync(join(dataDir, 'file'), '');
    const attempt = () => takeLock({ ...info, dataDir: join(dataDir, 'file') });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(/Cannot write into the folder .*file\/run \(ENOTDIR: .* set DATA_DIR to another/);
  });

  it('does not remove a lock that is no longer its own', () => {
    const lock = takeLock(info);
    writeFileSync(join(dataDir, 'run', 'manager.lock'), JSON.stringify({ ...info, pid: 1 }));
    lock.release();
    expect(readdirSync(join(dataDir, 'run'))).toEqual(['manager.lock']);
  });
});

describe('run state', () => {
  it('is read back as written', () => {
    takeLock(info);
    expect(readRunState(dataDir)).toBeUndefined();
    const state = { manager: info, writtenAt: 5, services: [] };
    writeRunState(dataDir, state);
    expect(readRunState(dataDir)).toEqual(state);
  });
});
