/**
 * The web app's files, read into memory once: what is not in the map does not exist, so no path can reach outside.
 * Names with a content hash never change and are cached for ever; index.html is always asked for again.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Already compressed: trying again only costs time. */
const PACKED = new Set(['.png', '.webp', '.woff2', '.ico']);

export interface WebFile {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  readonly brotli: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

/** By URL path: "/index.html", "/assets/main-3f2a.js". */
export type WebFiles = ReadonlyMap<string, WebFile>;

/** Vite names hashed files assets/<name>-<hash>.<ext>. */
const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

async function packed(body: Buffer, extension: string): Promise<Pick<WebFile, 'brotli' | 'gzip'>> {
  if (PACKED.has(extension) || body.length < 1_000) return { brotli: undefined, gzip: undefined };
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
  const [brotli, gzipped] = await Promise.all([toBrotli(body, quality), toGzip(body)]);
  return { brotli, gzip: gzipped };
}

/** All files under `root`; an empty map if there is no such folder. */
export async function loadWebFiles(root: string): Promise<WebFiles> {
  const files = new Map<string, WebFile>();
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(root, file).split(sep).join('/')}`;
    const extension = extname(entry.name);
    const plain = await readFile(file);
    files.set(path, {
      type: TYPES[extension] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      cacheControl: HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      plain,
      ...(await packed(plain, extension)),
    });
  }
  return files;
}

export type Encoding = 'br' | 'gzip' | undefined;

/** The best form that the client takes. */
export function chooseBody(
  file: WebFile,
  acceptEncoding: string | undefined,
): { body: Buffer; encoding: Encoding } {
  const accepted = acceptEncoding ?? '';
  if (file.brotli && /\bbr\b/.test(accepted)) return { body: file.brotli, encoding: 'br' };
  if (file.gzip && /\bgzip\b/.test(accepted)) return { body: file.gzip, encoding: 'gzip' };
  return { body: file.plain, encoding: undefined };
}

/** Paths that belong to the server: never answered with the app's page. */
const RESERVED = /^\/(api|ws|metrics|livez|readyz|assets)(\/|$)/;

/** The file for a path: itself, or the app's page for the app's own routes (they have no extension). */
export function findWebFile(files: WebFiles, path: string): WebFile | undefined {
  const exact = files.get(path === '/' ? '/index.html' : path);
  if (exact) return exact;
  if (RESERVED.test(path) || extname(path) !== '') return undefined;
  return files.get('/index.html');
}
