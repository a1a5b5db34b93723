/** What `autotrade start --production` refuses. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Settings } from '../runtime/config/groups.ts';
import type { Secret } from '../runtime/secret.ts';

const isLoopback = (host: string) => /^(localhost|127\.|::1$|\[::1\]$)/.test(host);
const WEAK_PASSWORDS = new Set(['', 'postgres', 'password', 'admin', 'changeme', 'secret', 'autotrade']);

/** A sentence for each setting that must change before real money depends on this. */
export function productionProblems(settings: Settings): string[] {
  const problems: string[] = [];
  if (settings.NETWORK === 'simulator') problems.push('NETWORK is simulator; set mainnet or testnet');
  if (settings.DATABASE_URL === undefined)
    problems.push('DATABASE_URL is absent; production needs an external PostgreSQL with backups');
  else problems.push(...addressProblems('DATABASE_URL', settings.DATABASE_URL, 'sslmode=require'));
  if (settings.REDIS_URL === undefined)
    problems.push('REDIS_URL is absent; production runs its jobs on Redis 7');
  else problems.push(...addressProblems('REDIS_URL', settings.REDIS_URL, 'rediss://'));
  if (!isLoopback(settings.HOST))
    problems.push(`HOST is ${settings.HOST}; listen on 127.0.0.1 behind a proxy that speaks TLS`);
  if (settings.LOG_LEVEL === 'trace' || settings.LOG_LEVEL === 'debug')
    problems.push(`LOG_LEVEL is ${settings.LOG_LEVEL}; it may write account details, use info`);
  return [...problems, ...dataDirProblems(settings.DATA_DIR)];
}

function addressProblems(name: string, address: Secret, tls: string): string[] {
  const url = new URL(address.reveal());
  const problems: string[] = [];
  const encrypted =
    url.protocol === 'rediss:' ||
    /^(require|verify-ca|verify-full)$/.test(url.searchParams.get('sslmode') ?? '');
  if (!isLoopback(url.hostname) && !encrypted)
    problems.push(`${name} goes over the network unencrypted; add ${tls}`);
  if (WEAK_PASSWORDS.has(decodeURIComponent(url.password)))
    problems.push(`${name} has no password or a well-known one`);
  if (url.username === 'postgres') problems.push(`${name} uses the superuser; make an application role`);
  return problems;
}

function dataDirProblems(path: string): string[] {
  try {
    accessSync(path, constants.W_OK);
    const mode = statSync(path).mode & 0o077;
    return mode & 0o022 ? [`DATA_DIR ${path} can be written by others; chmod 700 it`] : [];
  } catch (error) {
    // Absent is fine: it is made with the right mode.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    return [`DATA_DIR ${path} cannot be written by this user`];
  }
}
