/** The archive in an S3-compatible bucket: lists and reads objects over plain HTTPS, signed if there are keys. */
import { AwsClient } from 'aws4fetch';
import { AppError } from '../../runtime/errors.ts';
import { redactAddress } from '../../runtime/redact.ts';
import type { Secret } from '../../runtime/secret.ts';
import { ARCHIVE_PREFIX, type ArchiveSource, dayName, hoursWithin, nameOf } from './source.ts';

const DAY_MS = 86_400_000;
/** An object or a page of a list that does not begin to come in this time is given up. */
const MOST_LIST_PAGES = 100;

export interface S3Options {
  /** "https://host/bucket/prefix" (path style, any server) or "s3://bucket/prefix" (Amazon). */
  readonly url: string;
  readonly region: string;
  /** Absent: the bucket is read without a signature. */
  readonly keys?: { readonly accessKey: string; readonly secretKey: Secret };
  readonly signal: AbortSignal;
}

interface Bucket {
  /** Without a slash at its end. */
  readonly base: string;
  /** Of every key, with a slash at its end or empty. */
  readonly prefix: string;
}

function bucketOf(url: string, region: string): Bucket {
  const parsed = new URL(url);
  const words = parsed.pathname.split('/').filter((word) => word !== '');
  const folder = (rest: readonly string[]) => (rest.length === 0 ? '' : `${rest.join('/')}/`);
  if (parsed.protocol === 's3:') {
    return { base: `https://${parsed.host}.s3.${region}.amazonaws.com`, prefix: folder(words) };
  }
  const [bucket, ...rest] = words;
  if (bucket === undefined)
    throw new AppError('ARCHIVE_URL', `${redactAddress(url)} names no bucket: use https://host/bucket`);
  return { base: `${parsed.origin}/${bucket}`, prefix: folder(rest) };
}

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const texts = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map((match) => unescaped(match[1] ?? ''));

export function s3Source(options: S3Options): ArchiveSource {
  const { base, prefix } = bucketOf(options.url, options.region);
  const client =
    options.keys &&
    new AwsClient({
      accessKeyId: options.keys.accessKey,
      secretAccessKey: options.keys.secretKey.reveal(),
      service: 's3',
      region: options.region,
      retries: 2,
    });
  const get = async (url: string): Promise<Response> => {
    // Whoever reads the venue's bucket pays for it, and has to say so.
    const init = { headers: { 'x-amz-request-payer': 'requester' }, signal: options.signal };
    const response = await (client === undefined ? fetch(url, init) : client.fetch(url, init));
    if (response.ok) return response;
    const why = texts(await response.text().catch(() => ''), 'Message')[0] ?? response.statusText;
    throw new AppError('ARCHIVE_REFUSED', `the archive answers ${response.status}: ${why.slice(0, 200)}`);
  };
  const list = async (day: string): Promise<string[]> => {
    const keys: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < MOST_LIST_PAGES; page++) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: `${prefix}${ARCHIVE_PREFIX}${day}/` });
      if (token !== undefined) query.set('continuation-token', token);
      const xml = await (await get(`${base}/?${query}`)).text();
      keys.push(...texts(xml, 'Key'));
      token = texts(xml, 'NextContinuationToken')[0];
      if (token === undefined) return keys;
    }
    throw new AppError('ARCHIVE_LIST', `the list of ${day} does not end`);
  };
  return {
    async hours(from, to) {
      const names: string[] = [];
      for (let day = from; dayName(day) <= dayName(to); day += DAY_MS)
        names.push(...(await list(dayName(day))));
      return hoursWithin(names, from, to);
    },
    async *open(hour) {
      const { body } = await get(`${base}/${prefix}${ARCHIVE_PREFIX}${nameOf(hour)}`);
      if (body !== null) yield* body;
    },
  };
}
