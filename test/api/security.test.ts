/** The server against hostile and broken clients, over raw sockets where a client library would hide the case. */
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSignInLink, listApiTokens, revokeApiToken } from '../../src/api/access.ts';
import { OPERATIONS } from '../../src/contract/operations.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { until } from '../until.ts';
import { plain, rawRequest } from './raw_request.ts';
import { type ApiRig, startApi } from './rig.ts';

const UNLIMITED = { burst: 100_000, perSecond: 100_000 };

const lines: string[] = [];
let rig: ApiRig;
beforeAll(async () => {
  rig = await startApi({
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    limits: { headersTimeoutMs: 1_000, perAddress: UNLIMITED, signIn: UNLIMITED },
  });
});
afterAll(() => rig.close());

const raw = (text: string) => rawRequest(rig.api.port, text);
const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string } }).error.code;
const host = () => `127.0.0.1:${rig.api.port}`;

describe('who may use what', () => {
  /** Routes that need no sign-in, by intention: extend only with a reason. */
  const PUBLIC = new Set([
    'GET /livez',
    'HEAD /livez',
    'GET /readyz',
    'HEAD /readyz',
    'POST /api/v1/session', // signing in
    'GET /api/docs/style.css',
    'HEAD /api/docs/style.css',
    'GET /*', // the web app's files: no data in them
    'HEAD /*',
  ]);

  it('every route says who may use it, and the public ones are the known ones', () => {
    const open = rig.api.routes.filter((route) => route.access === 'public');
    expect(new Set(open.map((route) => `${route.method} ${route.path}`))).toEqual(PUBLIC);
    expect(rig.api.routes.every((route) => /^(public|viewer|operator|admin)$/.test(route.access))).toBe(true);
    // Every operation of the contract is there.
    for (const operation of Object.values(OPERATIONS)) {
      const path = operation.path.replace(/\{(\w+)\}/g, ':$1');
      expect(rig.api.routes).toContainEqual({ method: operation.method, path, access: operation.access });
    }
  });

  it('every other route refuses callers without a good token', async () => {
    const guarded = rig.api.routes.filter((route) => route.access !== 'public');
    expect(guarded.length).toBeGreaterThan(10);
    const tokens = [
      undefined,
      'Bearer ',
      'Bearer x',
      `Bearer autotrade_${'A'.repeat(43)}`,
      'Basic YWRtaW46YWRtaW4=',
      `Bearer ${rig.token}x`,
      `Bearer ${rig.token.replace('autotrade_', '')}`,
      'Bearer null',
    ];
    for (const { method, path } of guarded) {
      for (const authorization of tokens) {
        const response = await fetch(rig.api.url + path.replace(/:\w+/g, `0x${'1'.repeat(40)}`), {
          method,
          headers: authorization === undefined ? {} : { authorization },
        });
        expect(response.status, `${method} ${path} ${authorization}`).toBe(401);
        await response.arrayBuffer();
      }
    }
  });

  it('a viewer may not do what an operator may', async () => {
    const guarded = rig.api.routes.filter((route) => route.access === 'operator' || route.access === 'admin');
    // The routes that are meant for operators; without them the loop below would prove nothing.
    expect(guarded.map((route) => `${route.method} ${route.path}`).sort()).toEqual([
      'DELETE /api/v1/watchlist/:address',
      'PUT /api/v1/watchlist/:address',
    ]);
    for (const { method, path } of guarded) {
      const response = await rig.call(method, path.replace(/:\w+/g, `0x${'1'.repeat(40)}`));
      expect([response.status, await errorOf(response)], `${method} ${path}`).toEqual([
        403,
        'AUTH_FORBIDDEN',
      ]);
    }
  });
});

describe('sign-in links, sessions and tokens', () => {
  it('a link works once, even when two browsers race for it', async () => {
    const { url } = await createSignInLink(rig.test.database, systemClock, { baseUrl: rig.api.url });
    const code = new URL(url.reveal()).hash.slice(1);
    expect(new URL(url.reveal()).pathname).toBe('/sign-in');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetch(`${rig.api.url}/api/v1/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ code }),
        }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401, 401, 401]);
    const cookie = answers.find((answer) => answer.ok)?.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^autotrade_session_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    // Neither the code, nor the session's secret, nor the token is in the log or in the database.
    const secrets = [code, /=([\w-]{43});/.exec(cookie)?.[1] ?? '-', rig.token];
    const { rows } = await rig.test.database.query<{ dump: string }>(
      `SELECT string_agg(x::text, ' ') AS dump FROM (SELECT s::text x FROM api_sessions s
       UNION ALL SELECT l::text FROM api_sign_in_links l UNION ALL SELECT t::text FROM api_tokens t) d`,
    );
    for (const secret of secrets) {
      expect(lines.join('')).not.toContain(secret);
      expect(rows[0]?.dump).not.toContain(secret);
    }
    expect(JSON.stringify({ url })).not.toContain(code);
  });

  it('a link is worth nothing after ten minutes', async () => {
    const past = { ...systemClock, now: () => systemClock.now() - 600_001 };
    const { url } = await createSignInLink(rig.test.database, past, { baseUrl: rig.api.url });
    const response = await fetch(`${rig.api.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code: new URL(url.reveal()).hash.slice(1) }),
    });
    expect(await errorOf(response)).toBe('AUTH_LINK_INVALID');
  });

  it('signing out ends the session and forgets the cookie', async () => {
    const cookie = await rig.signIn();
    const session = () => fetch(`${rig.api.url}/api/v1/session`, { headers: { cookie } });
    expect(await (await session()).json()).toMatchObject({ role: 'admin', via: 'session' });
    const out = await fetch(`${rig.api.url}/api/v1/session`, {
      method: 'DELETE',
      headers: { cookie, origin: rig.api.url },
    });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect((await session()).status).toBe(401);
  });

  it('a revoked token stops working, and its name is free again', async () => {
    const { createApiToken } = await import('../../src/api/access.ts');
    const make = () => createApiToken(rig.test.database, systemClock, { name: 'robot', role: 'viewer' });
    const token = (await make()).reveal();
    const call = () =>
      fetch(`${rig.api.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
    expect((await call()).status).toBe(200);
    await expect(make()).rejects.toMatchObject({ code: 'TOKEN_NAME_TAKEN' });
    expect(await revokeApiToken(rig.test.database, systemClock, 'robot')).toBe(true);
    expect(await revokeApiToken(rig.test.database, systemClock, 'robot')).toBe(false);
    await until(async () => (await call()).status === 401, 'the revocation to be seen');
    await make();
    expect((await listApiTokens(rig.test.database)).map((row) => [row.name, row.revokedAt === null])).toEqual(
      [
        ['robot', true],
        ['robot', false],
        ['test', true],
      ],
    );
  });
});

describe('broken requests', () => {
  it('answers a 100 KB query with 414, and a 1 MB one with 431 or a closed connection', async () => {
    const response = await rig.get(`/api/v1/traders?search=${'a'.repeat(100_000)}`);
    expect([response.status, await errorOf(response)]).toEqual([414, 'URI_TOO_LONG']);
    const answer = await raw(
      plain(`GET /api/v1/traders?search=${'a'.repeat(1_000_000)} HTTP/1.1`, { Host: host() }),
    );
    expect(answer === '' || answer.startsWith('HTTP/1.1 431 ')).toBe(true);
  });

  const signIn = (body: string, type = 'application/json') =>
    fetch(`${rig.api.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': type }, body });

  it.each([
    ['deep JSON', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 400, 'REQUEST_TOO_DEEP'],
    ['64 KiB and more', JSON.stringify({ code: 'a'.repeat(70_000) }), 413, 'BODY_TOO_LARGE'],
    ['half a JSON', '{"code": "', 400, 'REQUEST_INVALID'],
    [
      'a reach for the prototype',
      '{"code":"aaaaaaaaaaaaaaaaaaaaaaaaa","__proto__":{"role":"admin"}}',
      400,
      'REQUEST_INVALID',
    ],
  ])('refuses %s', async (_name, body, status, code) => {
    const response = await signIn(body);
    expect([response.status, await errorOf(response)]).toEqual([status, code]);
  });

  it('refuses other media types', async () => {
    expect((await signIn('{}', 'text/plain')).status).toBe(415);
  });

  it('tells a wrong method from a wrong path', async () => {
    const response = await fetch(`${rig.api.url}/api/v1/stats`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await rig.get('/api/v1/nothing')).status).toBe(404);
    expect((await rig.get('/..%2f..%2fetc%2fpasswd')).status).toBe(404);
    expect((await rig.get('/%')).status).toBe(400);
  });

  it('hangs up on a client that never finishes its headers', async () => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('answers what is not HTTP', async () => {
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03')).toMatch(/^(HTTP\/1\.1 400 |$)/);
  });

  it('writes one line in the log for one refusal, without stack or query', async () => {
    const before = lines.length;
    await rig.get('/api/v1/traders?limit=-1&search=secretly');
    await until(() => lines.length > before);
    const fresh = lines.slice(before);
    expect(fresh).toHaveLength(1);
    expect(JSON.parse(fresh[0] ?? '')).toMatchObject({
      code: 'REQUEST_INVALID',
      path: '/api/v1/traders',
      status: 400,
    });
    expect(fresh[0]).not.toContain('secretly');
  });

  it('sends the security headers with every kind of answer', async () => {
    for (const response of [
      await rig.get('/api/v1/stats'),
      await rig.get('/nope'),
      await fetch(`${rig.api.url}/`),
    ]) {
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    }
  });
});

describe('rates', () => {
  it('limits each address, each caller and attempts to sign in, and says when to come back', async () => {
    const limited = await startApi({
      limits: { perAddress: { burst: 30, perSecond: 1 }, perCaller: { burst: 5, perSecond: 1 } },
    });
    const count = async (call: () => Promise<Response>, times: number) => {
      const statuses: number[] = [];
      for (let i = 0; i < times; i++) {
        const response = await call();
        statuses.push(response.status);
        if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        await response.arrayBuffer();
      }
      return statuses.filter((status) => status === 429).length;
    };
    expect(await count(() => limited.get('/api/v1/session'), 8)).toBeGreaterThan(0);
    const attempt = () =>
      fetch(`${limited.api.url}/api/v1/session`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      });
    expect(await count(attempt, 13)).toBeGreaterThan(0);
    expect(await count(() => fetch(`${limited.api.url}/livez`), 40)).toBeGreaterThan(0);
    await limited.close();
  });
});

describe('a fault of ours', () => {
  it('is answered without a word about why, and ends with its cause', async () => {
    const away = await startApi();
    await away.test.database.query('ALTER TABLE traders RENAME TO traders_gone');
    const broken = await away.get('/api/v1/traders');
    expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('traders_gone')]);
    await away.test.database.query('ALTER TABLE traders_gone RENAME TO traders');
    expect((await away.get('/api/v1/traders')).status).toBe(200);
    await away.close();
  });
});
