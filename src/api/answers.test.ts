import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../contract/operations.ts';
import { ManualClock } from '../runtime/clock.ts';
import { decimalCell, numberCell } from './cells.ts';
import { csvField } from './csv.ts';
import { listingMark, readCursor, writeCursor } from './cursor.ts';
import { type Document, docsPage, escapeHtml } from './docs_page.ts';
import { exposition } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { cached } from './system.ts';
import { channelKey } from './updates/channel.ts';
import { chooseBody, findWebFile, loadWebFiles } from './web_files.ts';

describe('cells', () => {
  it('tells zero from a number and from the unknown', () => {
    expect(numberCell(-0.001, 2)).toEqual({ v: '0', state: 'zero' });
    expect(numberCell(1.005, 1, { n: 3 })).toEqual({ v: '1.0', state: 'ok', n: 3 });
    expect(numberCell(Number.NaN, 1).state).toBe('unknown');
    expect(decimalCell('0.00').state).toBe('zero');
    expect(decimalCell('-0.01').state).toBe('ok');
  });
});

describe('CSV', () => {
  it.each(['=1+1', '+1', '-cmd', '@SUM(A1)', '\tx', '\r=x'])('makes %j text', (value) => {
    expect(csvField(value).replace(/^"/, '').startsWith("'")).toBe(true);
  });
  it('leaves numbers alone', () => {
    for (const value of ['-1.5', '0', '-0.00', '12']) expect(csvField(value)).toBe(value);
  });
  it('can be read back, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const field = csvField(text);
        const read = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
        expect(read === text || read === `'${text}`).toBe(true);
        if (!field.startsWith('"')) expect(field).not.toMatch(/[",\r\n]/);
      }),
    );
  });
});

describe('cursors', () => {
  it('come back as they were, for their own listing only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.nat(), (value, id) => {
        const mark = listingMark(['a', 1]);
        expect(readCursor(writeCursor(mark, { value, id }), mark)).toEqual({ value, id });
        expect(() => readCursor(writeCursor(mark, { value, id }), listingMark(['a', 2]))).toThrow();
      }),
    );
  });
});

describe('channels', () => {
  it('are the same for the same filter in any order', () => {
    expect(channelKey({ kinds: ['flipped', 'closed', 'closed'], coin: 'BTC' })).toBe(
      channelKey({ coin: 'BTC', kinds: ['closed', 'flipped'] }),
    );
    expect(channelKey({})).toBe('all');
    expect(channelKey({ trader: '0xAB' })).toBe('trader=0xab');
  });
});

describe('documents', () => {
  const document = openApiDocument('1.2.3') as unknown as Document & {
    paths: Record<string, Record<string, object>>;
  };

  it('have every operation, and every reference leads somewhere', () => {
    for (const [id, operation] of Object.entries(OPERATIONS)) {
      expect(document.paths[operation.path]?.[operation.method.toLowerCase()]).toMatchObject({
        operationId: id,
      });
    }
    const text = JSON.stringify(document);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    expect(text).not.toContain('$defs');
  });

  it('are a page without script or style of its own', () => {
    const page = docsPage(document);
    expect(page).not.toMatch(/<script|style=|<style|onload|https?:\/\//);
    expect(page).toContain('/api/v1/traders/{address}');
    expect(escapeHtml(`<a href="x">&'`)).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;');
  });
});

describe('the web app', () => {
  it('is served from memory: hashed names for ever, its page for its own routes, nothing outside', async () => {
    const root = await mkdtemp(join(tmpdir(), 'web-'));
    await mkdir(join(root, 'assets'));
    await writeFile(join(root, 'index.html'), '<!doctype html>');
    await writeFile(join(root, 'assets', 'main-3f2a9c1b.js'), 'x'.repeat(5_000));
    const files = await loadWebFiles(root);
    await rm(root, { recursive: true });
    const script = findWebFile(files, '/assets/main-3f2a9c1b.js');
    expect(script?.cacheControl).toContain('immutable');
    if (!script) throw new Error('no script');
    const { body, encoding } = chooseBody(script, 'gzip, br');
    expect([encoding, brotliDecompressSync(body).length]).toEqual(['br', 5_000]);
    expect(chooseBody(script, undefined).body.length).toBe(5_000);
    const page = findWebFile(files, '/');
    expect(page?.cacheControl).toBe('no-cache');
    expect(findWebFile(files, '/traders/0x12')).toBe(page);
    for (const path of [
      '/api/v2',
      '/ws/x',
      '/assets/none.js',
      '/favicon.ico',
      '/../../etc/passwd.txt',
      '/api',
      '/metrics',
    ]) {
      expect(findWebFile(files, path), path).toBeUndefined();
    }
    expect((await loadWebFiles(join(root, 'nowhere'))).size).toBe(0);
  });
});

describe('metrics', () => {
  it('keep services and machines apart, say who is up, and let no foreign name in', async () => {
    const registry = new Registry();
    new Counter({ name: 'autotrade_x_total', help: 'x', registers: [registry] }).inc(1);
    const theirs = new Registry();
    new Counter({ name: 'autotrade_x_total', help: 'x', registers: [theirs] }).inc(5);
    new Counter({ name: 'foreign_total', help: 'x', registers: [theirs] }).inc(5);
    const metrics = await theirs.getMetricsAsJSON();
    const beat = {
      instance: 'worker',
      role: 'worker',
      pid: 1,
      startedAt: 0,
      restarts: 0,
      rssBytes: 0,
      detail: {},
      metrics,
    };
    const text = await exposition(
      { instance: 'api', host: 'here', registry },
      [
        { ...beat, host: 'a', beatAt: 1_000, state: 'ready' },
        { ...beat, host: 'b', beatAt: 1_000, state: 'ready' },
        { ...beat, host: 'c', beatAt: -99_000, state: 'ready' },
      ],
      1_000,
    );
    expect(text).toContain('autotrade_x_total{service="api",host="here"} 1');
    expect(text).toContain('autotrade_x_total{service="worker",host="a"} 5');
    expect(text).toContain('autotrade_x_total{service="worker",host="b"} 5');
    expect(text).not.toContain('foreign');
    expect(text).toContain('autotrade_service_up{service="worker",host="c",role="worker"} 0');
    expect(text).toContain('autotrade_service_up{service="worker",host="a",role="worker"} 1');
    expect(text.match(/# HELP autotrade_x_total/g)).toHaveLength(1);
  });
});

describe('cached', () => {
  it('asks once for everybody within its time, and again after a failure', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const read = cached(clock, 1_000, async () => {
      if (++calls === 1) throw new Error('away');
      return calls;
    });
    await expect(read()).rejects.toThrow('away');
    expect(await Promise.all([read(), read()])).toEqual([2, 2]);
    await clock.advance(999);
    expect(await read()).toBe(2);
    await clock.advance(1);
    expect(await read()).toBe(3);
  });
});
