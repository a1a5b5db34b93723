import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { smallWorldOptions } from '../agents/world.ts';
import { viewFill } from '../venue/views.ts';
import { archivePath, writeArchive } from './archive.ts';
import { compressFrame, expandFrame, xxHash32 } from './lz4_frame.ts';
import { populatedWorld } from './populated_world.ts';

describe('LZ4 frames', () => {
  it('hashes as published', () => {
    expect(xxHash32(Buffer.from(''))).toBe(0x02cc_5d05);
    expect(xxHash32(Buffer.from('a'))).toBe(0x550d_7456);
    expect(xxHash32(Buffer.from('abc'))).toBe(0x32d1_53ff);
    expect(xxHash32(Buffer.from('Nobody inspects the spammish repetition'))).toBe(0xe229_3b2f);
  });

  it('give back what they got', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 }))
        .map(([bytes, times]) =>
          Uint8Array.from({ length: bytes.length * times }, (_, i) => bytes[i % bytes.length] as number),
        ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const content = Buffer.concat(pieces);
        expect(expandFrame(compressFrame(content)).equals(content)).toBe(true);
      }),
    );
  });

  it('cross the bound of a block, and refuse a changed byte', () => {
    const content = Buffer.from(Array.from({ length: 400_000 }, (_, i) => `line ${i % 977}\n`).join(''));
    const frame = compressFrame(content);
    expect(frame.length).toBeLessThan(content.length / 3);
    expect(expandFrame(frame).equals(content)).toBe(true);
    frame[frame.length - 9] = ((frame[frame.length - 9] as number) + 1) & 0xff;
    expect(() => expandFrame(frame)).toThrow(/LZ4/);
  });
});

describe('the archive of a past', { timeout: 120_000 }, () => {
  let folder = '';
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds every fill of everybody as the wire shows it, in its hour', async () => {
    folder = await mkdtemp(join(tmpdir(), 'archive-'));
    const end = Date.UTC(2026, 2, 10, 7, 23);
    const opened = populatedWorld(smallWorldOptions('archive', end), { traders: 40, days: 2 });
    const written = await writeArchive(opened.records, folder);
    const byUser = new Map<string, unknown[]>();
    let files = 0;
    let misplaced = 0;
    const root = join(folder, 'node_fills_by_block/hourly');
    for (const day of (await readdir(root)).sort())
      for (const name of (await readdir(join(root, day))).sort(
        (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10),
      )) {
        files += 1;
        const text = expandFrame(await readFile(join(root, day, name))).toString('utf8');
        for (const line of text.trimEnd().split('\n')) {
          const block = JSON.parse(line) as { block_time: string; events: [string, { time: number }][] };
          for (const [user, fill] of block.events) {
            if (Date.parse(`${block.block_time.slice(0, 23)}Z`) !== fill.time) misplaced += 1;
            if (!archivePath(fill.time).endsWith(`${day}/${name}`)) misplaced += 1;
            const list = byUser.get(user);
            if (list === undefined) byUser.set(user, [fill]);
            else list.push(fill);
          }
        }
      }
    expect(files).toBe(written.files);
    expect(misplaced).toBe(0);
    for (const each of opened.past.accounts) {
      const shown = opened.records.fills(each).map(viewFill);
      // One text each: comparing tens of thousands of objects takes a minute.
      expect(JSON.stringify(byUser.get(each.member.address) ?? []) === JSON.stringify(shown)).toBe(true);
    }
  });
});
