import { describe, expect, it } from 'vitest';
import { browserUrl, ownUrl } from './place.ts';

describe('the address for a browser', () => {
  it.each([
    [{ host: '127.0.0.1', port: 8787 }, 'http://127.0.0.1:8787'],
    [{ host: '192.168.1.5', port: 8787 }, 'http://192.168.1.5:8787'],
    [{ host: 'trading.lan', port: 80 }, 'http://trading.lan'],
    [{ host: '::1', port: 8787 }, 'http://[::1]:8787'],
    // Listening everywhere is no address to open.
    [{ host: '0.0.0.0', port: 8787 }, 'http://127.0.0.1:8787'],
    [{ host: '::', port: 8787 }, 'http://127.0.0.1:8787'],
    [
      { host: '0.0.0.0', port: 8787, publicUrls: ['https://autotrade.example', 'https://other.example'] },
      'https://autotrade.example',
    ],
  ])('of %j is %s', (place, url) => expect(browserUrl(place)).toBe(url));

  it('says which setting holds none', () => {
    expect(() => ownUrl({ host: 'a:b', port: 1 })).toThrow(/^HOST has no address .*a:b/);
    const publicUrls = ['https://['];
    expect(() => browserUrl({ host: '::', port: 1, publicUrls })).toThrow(/^PUBLIC_URL has no address/);
  });
});
