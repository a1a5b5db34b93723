/** What pages of other sites, and names that are not ours, reach: nothing but the app's pages by a link. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain, rawRequest } from './raw_request.ts';
import { type ApiRig, startApi } from './rig.ts';

const UNLIMITED = { burst: 100_000, perSecond: 100_000 };

let rig: ApiRig;
beforeAll(async () => {
  rig = await startApi({ limits: { perAddress: UNLIMITED, signIn: UNLIMITED } });
});
afterAll(() => rig.close());

const raw = (text: string) => rawRequest(rig.api.port, text);
const host = () => `127.0.0.1:${rig.api.port}`;

describe('other hosts', () => {
  it.each(['evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', 'autotrade.evil.example:80', ''])(
    'answers 421 to Host %j before anything else, on every path',
    async (name) => {
      for (const path of ['/', '/livez', '/api/v1/stats', '/ws/v1/updates']) {
        const answer = await raw(plain(`GET ${path} HTTP/1.1`, { Host: name }));
        expect(answer).toMatch(/^HTTP\/1\.1 421 /);
        expect(answer).toContain('"HOST_FORBIDDEN"');
      }
    },
  );

  it('answers to its own names', async () => {
    for (const name of [
      host(),
      `localhost:${rig.api.port}`,
      `LOCALHOST:${rig.api.port}`,
      `[::1]:${rig.api.port}`,
    ]) {
      expect(await raw(plain('GET /livez HTTP/1.1', { Host: name }))).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('answers at the one address that it was told to listen on, and signs in there', async () => {
    const own = await startApi({ host: '127.0.0.2' });
    const everywhere = await startApi({ host: '0.0.0.0' });
    try {
      const ask = (port: number, name: string) =>
        rawRequest(port, plain('GET /livez HTTP/1.1', { Host: name }), '127.0.0.2');
      expect(own.api.url).toBe(`http://127.0.0.2:${own.api.port}`);
      expect(await own.signIn()).toContain('autotrade_session_');
      expect(await ask(own.api.port, `127.0.0.2:${own.api.port}`)).toMatch(/^HTTP\/1\.1 200 /);
      for (const name of ['127.0.0.2', `127.0.0.3:${own.api.port}`, `x.127.0.0.2:${own.api.port}`, 'evil'])
        expect(await ask(own.api.port, name), name).toMatch(/^HTTP\/1\.1 421 /);
      // Listening everywhere names no address: only what PUBLIC_URL says is let in besides loopback.
      const wide = everywhere.api.port;
      expect(await ask(wide, `127.0.0.2:${wide}`)).toMatch(/^HTTP\/1\.1 421 /);
      expect(await ask(wide, `0.0.0.0:${wide}`)).toMatch(/^HTTP\/1\.1 421 /);
      expect(await ask(wide, `127.0.0.1:${wide}`)).toMatch(/^HTTP\/1\.1 200 /);
    } finally {
      await Promise.all([own.close(), everywhere.close()]);
    }
  });

  it('refuses two Host headers, and none', async () => {
    const twice = await raw(
      `GET /livez HTTP/1.1\r\nHost: ${host()}\r\nHost: evil\r\nConnection: close\r\n\r\n`,
    );
    expect(twice).toMatch(/^HTTP\/1\.1 4/);
    expect(await raw('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 4/);
    expect(await raw('GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421/);
  });
});

describe('other sites', () => {
  it.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:3000' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('refuses what another site sends with our cookie: %j', async (headers) => {
    const cookie = await rig.signIn();
    for (const [method, path] of [
      ['GET', '/api/v1/stats'],
      ['DELETE', '/api/v1/session'],
      ['POST', '/api/v1/ws-ticket'],
    ]) {
      const answer = await raw(
        plain(`${method} ${path} HTTP/1.1`, { Host: host(), Cookie: cookie, ...headers }),
      );
      expect(answer, `${method} ${path}`).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  it("lets another site's link lead to the app's pages, and to nothing else", async () => {
    const cookie = await rig.signIn();
    const answer = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      raw(
        plain(`${method} ${path} HTTP/1.1`, {
          Host: host(),
          Cookie: cookie,
          'Sec-Fetch-Site': 'cross-site',
          'Sec-Fetch-Mode': 'navigate',
          'Sec-Fetch-Dest': 'document',
          ...headers,
        }),
      );
    // 503 and 404: there is no built app here, and the answer is the page's own, not a refusal.
    expect(await answer('/')).toMatch(/^HTTP\/1\.1 503 [\s\S]*not built/);
    expect(await answer('/', {}, 'HEAD')).toMatch(/^HTTP\/1\.1 503 /);
    expect(await answer('/no-such-page')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await answer('/', { 'Sec-Fetch-Site': 'same-site' })).toMatch(/^HTTP\/1\.1 503 /);
    for (const headers of [
      { 'Sec-Fetch-Dest': 'iframe' },
      { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' },
      { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' },
      { Origin: 'https://evil.example' },
    ])
      expect(await answer('/', headers), JSON.stringify(headers)).toMatch(/^HTTP\/1\.1 403 /);
    const others = rig.api.routes.filter(({ method, path }) => method === 'GET' && path !== '/*');
    expect(others.length).toBeGreaterThan(10);
    for (const { path } of others)
      expect(await answer(path.replace(/:\w+/g, `0x${'1'.repeat(40)}`)), path).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('refuses a change with a cookie but no Origin', async () => {
    const cookie = await rig.signIn();
    const answer = await raw(plain('DELETE /api/v1/session HTTP/1.1', { Host: host(), Cookie: cookie }));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('answers no preflight and sends no CORS header', async () => {
    const answer = await raw(
      plain('OPTIONS /api/v1/stats HTTP/1.1', {
        Host: host(),
        Origin: 'https://evil.example',
        'Access-Control-Request-Method': 'GET',
      }),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4/);
    expect(answer.toLowerCase()).not.toContain('access-control-allow');
  });
});
