/** The public fill archive, from a folder and from a bucket, into the records of traders. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Source } from '../../src/hyperliquid/archive/s3_source.ts';
import { type ArchiveSource, folderSource, nameOf } from '../../src/hyperliquid/archive/source.ts';
import { importArchive } from '../../src/ranking/import_archive.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { smallWorldOptions } from '../../src/simulator/agents/world.ts';
import { writeArchive } from '../../src/simulator/population/archive.ts';
import { populatedWorld } from '../../src/simulator/population/populated_world.ts';
import { viewFill } from '../../src/simulator/venue/views.ts';
import { readArchivedFills, readCoveredFrom, readImportedHours } from '../../src/store/archived_fills.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';

const END = Date.UTC(2026, 2, 10, 7, 23);
const DAY = 86_400_000;
const HOUR = 3_600_000;
const never = new AbortController().signal;
const clock = systemClock;

let test: TestDatabase;
let folder: string;
let world: ReturnType<typeof populatedWorld>;
let written: number;

beforeAll(async () => {
  test = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'archive-import-'));
  world = populatedWorld(smallWorldOptions('archive', END), { traders: 15, days: 2 });
  written = (await writeArchive(world.records, folder)).files;
});
afterAll(async () => {
  await test?.close();
  await rm(folder, { recursive: true, force: true });
});

const take = (source: ArchiveSource, more: { everybody: boolean; again?: boolean; to?: number }) =>
  importArchive(
    { database: test.database, source, clock, from: END - 3 * DAY, to: END, again: false, ...more },
    never,
  );

it('takes a folder in hour by hour, once, and gives back every fill as the venue wrote it', async () => {
  const first = await take(folderSource(folder), { everybody: true, to: END - DAY });
  const rest = await take(folderSource(join(folder, 'node_fills_by_block/hourly')), { everybody: true });
  expect(first.hours + rest.hours).toBe(written);
  expect(rest.skipped).toBe(first.hours);
  expect(first.unread + rest.unread).toBe(0);
  for (const each of world.past.accounts) {
    const address = each.member.address.toLowerCase();
    const read = (await readArchivedFills(test.database, address, 0, END)) as { tid: number; time: number }[];
    const shown = world.records.fills(each).map(viewFill) as unknown as { tid: number; time: number }[];
    expect(read.map(({ tid, time }) => [tid, time])).toEqual(shown.map(({ tid, time }) => [tid, time]));
  }
  expect((await take(folderSource(folder), { everybody: true })).hours).toBe(0);
});

it('knows from where on it has every hour', async () => {
  const { database } = test;
  const hours = await readImportedHours(database, 0, END);
  const last = hours.at(-1) ?? 0;
  // Hours without a fill have no file: what comes before such an hour does not count.
  let from = last;
  for (const hour of [...hours].reverse().slice(1)) {
    if (hour !== from - HOUR) break;
    from = hour;
  }
  expect(await readCoveredFrom(database, last + 5)).toBe(from);
  expect(await readCoveredFrom(database, last + 2 * HOUR)).toBeUndefined();
  await database.query('DELETE FROM archived_hours WHERE hour = $1', [last - HOUR]);
  expect(await readCoveredFrom(database, last)).toBe(last);
});

it('says that a folder holds no archive', async () => {
  await expect(take(folderSource(tmpdir()), { everybody: true })).rejects.toMatchObject({
    code: 'ARCHIVE_EMPTY',
  });
});

describe('a bucket', () => {
  let server: Server;
  let url: string;
  const seen: { authorization: string | undefined; payer: string | undefined }[] = [];

  /** Lists two keys a page; the bucket "closed" wants a signature. */
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const { authorization } = request.headers;
      seen.push({ authorization, payer: String(request.headers['x-amz-request-payer']) });
      if (pathname.startsWith('/closed/') && authorization === undefined) {
        response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>No &amp; no</Message></Error>');
      } else if (searchParams.get('list-type') === '2')
        void list(searchParams).then((xml) => response.end(xml));
      else {
        const path = pathname.replace(/^\/\w+\/some\/prefix\//, '');
        readFile(join(folder, path)).then(
          (bytes) => response.end(bytes),
          () => response.writeHead(404).end('<Error><Message>no such key</Message></Error>'),
        );
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((done) => server.close(done)));

  async function list(query: URLSearchParams): Promise<string> {
    const prefix = query.get('prefix') ?? '';
    const hours = await folderSource(folder).hours(END - 3 * DAY, END);
    const keys = hours
      .map((hour) => `some/prefix/node_fills_by_block/hourly/${nameOf(hour)}`)
      .filter((key) => key.startsWith(prefix));
    const from = Number(query.get('continuation-token') ?? '0');
    const more = from + 2 < keys.length ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : '';
    const contents = keys.slice(from, from + 2).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    return `<ListBucketResult>${contents.join('')}${more}</ListBucketResult>`;
  }
  const source = (bucket: string, keys?: { accessKey: string; secretKey: Secret }) =>
    s3Source({
      url: `${url}/${bucket}/some/prefix`,
      region: 'us-east-1',
      signal: never,
      ...(keys === undefined ? {} : { keys }),
    });

  it('is read without a signature, page by page, and its reader pays', async () => {
    await test.database.query('TRUNCATE archived_hours, archived_fills');
    const report = await take(source('open'), { everybody: true });
    expect(report).toMatchObject({ hours: written, unread: 0 });
    expect(new Set(seen.map((one) => one.authorization))).toEqual(new Set([undefined]));
    expect(new Set(seen.map((one) => one.payer))).toEqual(new Set(['requester']));
  });

  it('is signed where there are keys, and says why it is refused where there are none', async () => {
    await expect(take(source('closed'), { everybody: true })).rejects.toMatchObject({
      code: 'ARCHIVE_REFUSED',
      message: 'the archive answers 403: No & no',
    });
    const keys = { accessKey: 'AKIAEXAMPLE', secretKey: new Secret('sesame') };
    const report = await take(source('closed', keys), { everybody: false, again: true });
    // Nobody is known here, so of every hour nothing is kept.
    expect(report).toMatchObject({ hours: written, fills: 0 });
    expect(seen.at(-1)?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=\S*host\S*, Signature=[0-9a-f]{64}$/,
    );
  });
});
