import { describe, expect, it } from 'vitest';
import { GROUPS, type GroupName } from '../runtime/config/groups.ts';
import { loadSettings } from '../runtime/config/load.ts';
import { productionProblems } from './production.ts';

const FIT = {
  NETWORK: 'mainnet',
  DATA_DIR: '/nonexistent/autotrade',
  DATABASE_URL: 'postgres://autotrade_app:long-and-random@db.internal/autotrade?sslmode=verify-full',
  REDIS_URL: 'rediss://:long-and-random@redis.internal:6379',
};

const problems = (changes: Record<string, string>) =>
  productionProblems(
    loadSettings({ environment: { ...FIT, ...changes }, file: {} }, Object.keys(GROUPS) as GroupName[])
      .settings,
  );

describe('productionProblems', () => {
  it('accepts an external database and Redis over TLS', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ DATABASE_URL: 'postgres://app:long-and-random@127.0.0.1/autotrade' })).toEqual([]);
  });

  it.each([
    [{ NETWORK: 'simulator' }, 'NETWORK is simulator'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL is absent'],
    [{ REDIS_URL: '' }, 'REDIS_URL is absent'],
    [{ HOST: '0.0.0.0' }, 'listen on 127.0.0.1'],
    [{ LOG_LEVEL: 'debug' }, 'LOG_LEVEL'],
    [{ DATABASE_URL: 'postgres://app:long-and-random@db/autotrade' }, 'unencrypted'],
    [{ DATABASE_URL: 'postgres://app:long-and-random@db/autotrade?sslmode=prefer' }, 'unencrypted'],
    [{ DATABASE_URL: 'postgres://app:postgres@127.0.0.1/autotrade' }, 'well-known'],
    [{ DATABASE_URL: 'postgres://app@127.0.0.1/autotrade' }, 'no password'],
    [{ DATABASE_URL: 'postgres://postgres:long-and-random@127.0.0.1/autotrade' }, 'superuser'],
    [{ REDIS_URL: 'redis://:long-and-random@redis' }, 'REDIS_URL goes over the network unencrypted'],
    [{ DATA_DIR: '/tmp' }, 'can be written by others'],
  ])('refuses %j', (changes, expected) => {
    expect(problems(changes)).toEqual([expect.stringContaining(expected)]);
  });

  it('names no secret', () => {
    const all = problems({
      DATABASE_URL: 'postgres://postgres:hunter2@db/x',
      REDIS_URL: 'redis://:hunter2@r',
    });
    expect(all.join()).not.toContain('hunter2');
  });
});
