import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './errors.ts';
import { makeFolder, makeWritableFolder } from './folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes what is missing, and is content with what is there', () => {
    const folder = join(root, 'a', 'b', 'c');
    makeFolder(folder, 0o700);
    makeFolder(folder, 0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!existsSync('/proc/self'))('ends where no folder can be made', () => {
    expect(() => makeFolder('/proc/autotrade')).toThrow(/ENOENT/);
    expect(() => makeFolder('/proc/autotrade/data/run')).toThrow(/ENOENT/);
  });
});

describe('makeWritableFolder', () => {
  it('makes a folder for this user alone', () => {
    makeWritableFolder('DATA_DIR', join(root, 'data'));
    expect(statSync(join(root, 'data')).mode & 0o777).toBe(0o700);
  });

  it('says which folder of which setting cannot be written, and what to do', () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'link'));
    const refused = ['file', 'file/data', 'link'].map((name) => join(root, name));
    if (existsSync('/proc/self')) refused.push('/proc/autotrade/run');
    for (const folder of refused) {
      const attempt = () => makeWritableFolder('LOG_DIR', folder);
      expect(attempt).toThrow(ConfigError);
      expect(attempt).toThrow(`Cannot write into the folder ${folder} (`);
      expect(attempt).toThrow(/\(E[A-Z]+: .*set LOG_DIR to another folder/);
    }
  });

  it.skipIf(process.getuid?.() === 0)('sees that a folder is closed to this user', () => {
    makeFolder(join(root, 'closed'), 0o500);
    expect(() => makeWritableFolder('DATA_DIR', join(root, 'closed'))).toThrow(/EACCES/);
  });
});
