import { describe, expect, it } from 'vitest';
import { allowedFor, followsLink, refuseForeignPage, refuseHost } from './guard.ts';

const allowed = allowedFor({ host: '127.0.0.1', port: 8787, publicUrls: ['https://autotrade.example'] });
const host = (...values: string[]) => refuseHost({ headersDistinct: { host: values } }, allowed);

describe('Host', () => {
  it.each(['127.0.0.1:8787', 'localhost:8787', 'LocalHost:8787', '[::1]:8787', 'autotrade.example'])(
    'lets %s in',
    (value) => expect(host(value)).toBeUndefined(),
  );
  it.each([
    'localhost',
    'localhost:80',
    'evil.example:8787',
    'autotrade.example:8787',
    'localhost:8787.evil',
    '',
  ])('refuses %j', (value) => expect(host(value)?.code).toBe('HOST_FORBIDDEN'));
  it('refuses a second one', () => expect(host('localhost:8787', 'localhost:8787')).toBeDefined());
  it('lets the bare name in on port 80', () => {
    const names = allowedFor({ host: '192.168.1.5', port: 80 });
    expect(names.hosts.has('localhost') && names.hosts.has('localhost:80')).toBe(true);
    expect(names.origins.has('http://localhost')).toBe(true);
    expect(names.hosts.has('192.168.1.5') && names.hosts.has('192.168.1.5:80')).toBe(true);
    expect(names.origins.has('http://192.168.1.5')).toBe(true);
  });

  it.each([
    ['192.168.1.5', '192.168.1.5:8787'],
    ['Trading.LAN', 'trading.lan:8787'],
    ['FD00:0::5', '[fd00::5]:8787'],
  ])('lets the address in that HOST %s names, and its page', (name, value) => {
    const own = allowedFor({ host: name, port: 8787 });
    const before = allowedFor({ host: '127.0.0.1', port: 8787 });
    expect([...own.hosts].filter((known) => !before.hosts.has(known))).toEqual([value]);
    expect([...own.origins].filter((known) => !before.origins.has(known))).toEqual([`http://${value}`]);
  });

  it.each(['0.0.0.0', '::', '0:0::0', '0', '127.0.0.1', 'localhost', '::1'])(
    'lets in nothing but the loopback names for HOST %s',
    (name) =>
      expect([...allowedFor({ host: name, port: 8787 }).hosts].sort()).toEqual([
        '127.0.0.1:8787',
        '[::1]:8787',
        'localhost:8787',
      ]),
  );
});

describe('pages of other sites', () => {
  const own = 'http://localhost:8787';
  const ask = (method: string, headers: Record<string, string>, credentials: 'cookie' | 'other' = 'cookie') =>
    refuseForeignPage({ method, headers }, allowed, credentials)?.code;

  it('lets our own page and the address bar in', () => {
    expect(ask('GET', { 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(ask('GET', { 'sec-fetch-site': 'none' })).toBeUndefined();
    expect(ask('POST', { origin: own, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(ask('POST', { origin: 'https://autotrade.example' })).toBeUndefined();
    expect(ask('GET', {})).toBeUndefined();
  });

  it('lets programs without a browser in', () => {
    expect(ask('POST', {}, 'other')).toBeUndefined();
  });

  it.each([
    ['GET', { origin: 'https://evil.example' }],
    ['GET', { 'sec-fetch-site': 'cross-site' }],
    ['GET', { 'sec-fetch-site': 'same-site' }],
    ['POST', { origin: 'null' }],
    ['POST', { origin: 'http://localhost:8788' }],
    ['POST', { origin: 'https://localhost:8787' }],
    ['DELETE', {}],
    ['PUT', { 'sec-fetch-site': 'same-origin' }],
  ])('refuses %s with %j', (method, headers) => {
    expect(ask(method, headers as unknown as Record<string, string>)).toBe('ORIGIN_FORBIDDEN');
  });
});

describe('links of other sites', () => {
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  it('are followed by GET and HEAD to a document of its own tab', () => {
    expect(followsLink({ method: 'GET', headers: link })).toBe(true);
    expect(followsLink({ method: 'HEAD', headers: link })).toBe(true);
  });

  it.each([
    ['a sent form', 'POST', link],
    ['a frame', 'GET', { ...link, 'sec-fetch-dest': 'iframe' }],
    ['an embedded object', 'GET', { ...link, 'sec-fetch-dest': 'embed' }],
    ['a script', 'GET', { ...link, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
    ['a request of a script', 'GET', { ...link, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['a request with an Origin', 'GET', { ...link, origin: 'https://evil.example' }],
    ['a browser that says nothing', 'GET', {}],
  ])('are not %s', (_case, method, headers) => expect(followsLink({ method, headers })).toBe(false));
});
