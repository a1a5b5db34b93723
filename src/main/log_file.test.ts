import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile } from './log_file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('LogFile', () => {
  it('rotates by size and keeps the newest files', () => {
    const file = new LogFile({ path: join(folder, 'deep', 'a.log'), maxBytes: 10, keep: 2 });
    for (const line of ['one 56789', 'two 56789', 'three 789', 'four 6789']) file.write(`${line}\n`);
    file.close();
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    expect(readFileSync(join(folder, 'deep', 'a.log'), 'utf8')).toBe('four 6789\n');
    expect(readFileSync(join(folder, 'deep', 'a.log.1'), 'utf8')).toBe('three 789\n');
    expect(readFileSync(join(folder, 'deep', 'a.log.2'), 'utf8')).toBe('two 56789\n');
  });

  it('goes on where the file of the last run ended', () => {
    const path = join(folder, 'a.log');
    writeFileSync(path, 'old\n');
    const file = new LogFile({ path, maxBytes: 6, keep: 1 });
    file.write('new\n');
    expect(file.loss()).toBe('');
    file.close();
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('old\n');
  });

  it('writes a line longer than the limit whole', () => {
    const path = join(folder, 'a.log');
    const file = new LogFile({ path, maxBytes: 3, keep: 1 });
    file.write('a long line\n');
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('a long line\n');
  });

  it('survives a place that cannot be written, and counts what was lost', () => {
    const path = join(folder, 'a.log');
    mkdirSync(path);
    const file = new LogFile({ path, maxBytes: 100, keep: 1 });
    file.write('12345');
    expect(file.droppedBytes).toBe(5);
    expect(file.loss()).toMatch(/^its log cannot be written: 5 bytes lost \(EISDIR: /);
    rmSync(path, { recursive: true });
    file.write('back\n');
    expect(file.loss()).toBe('5 bytes of its log were lost');
    file.close();
    expect(readFileSync(path, 'utf8')).toBe('back\n');
  });
});
