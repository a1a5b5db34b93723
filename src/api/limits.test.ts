import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../runtime/errors.ts';
import { readCookie, sessionCookie } from './cookie.ts';
import { toApiError } from './errors.ts';
import { jsonDepth, MAX_JSON_DEPTH, parseJsonText } from './json_body.ts';
import { RateLimiter } from './rate_limit.ts';

describe('RateLimiter', () => {
  it('never lets more through than burst + rate x time, whatever the arrivals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 }),
        (burst, perSecond, pauses) => {
          const limiter = new RateLimiter({ burst, perSecond });
          let now = 0;
          let passed = 0;
          for (const pause of pauses) {
            now += pause;
            if (limiter.take('k', now) === 0) passed++;
          }
          expect(passed).toBeLessThanOrEqual(burst + (now / 1000) * perSecond + 1e-6);
        },
      ),
    );
  });

  it('says after how many seconds to come back, and then lets the caller in', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 0.5 });
    expect(limiter.take('k', 0)).toBe(0);
    const wait = limiter.take('k', 0);
    expect(wait).toBe(2);
    expect(limiter.take('k', wait * 1000)).toBe(0);
  });

  it('keeps callers apart and forgets the longest unused beyond its bound', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 0.001, maxKeys: 2 });
    expect(limiter.take('a', 0) + limiter.take('b', 0) + limiter.take('c', 0)).toBe(0);
    expect(limiter.size).toBe(2);
    expect(limiter.take('c', 0)).toBeGreaterThan(0);
  });

  it('is not fooled by a clock that goes back', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 1 });
    limiter.take('k', 10_000);
    expect(limiter.take('k', 0)).toBeGreaterThan(0);
  });
});

describe('JSON bodies', () => {
  it('measures the depth of any JSON, brackets inside strings not counted', () => {
    const depthOf = (value: unknown): number =>
      value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonDepth(JSON.stringify(value), 1_000)).toBe(depthOf(value));
      }),
    );
    expect(jsonDepth('["\\"[[[[", "\\\\"]', 100)).toBe(1);
  });

  it('takes the deepest allowed and refuses one more', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJsonText(nested(MAX_JSON_DEPTH))).toBeDefined();
    expect(() => parseJsonText(nested(MAX_JSON_DEPTH + 1))).toThrow(
      expect.objectContaining({ code: 'REQUEST_TOO_DEEP' }),
    );
  });

  it.each(['{"__proto__":1}', '{"a":[{"constructor":{}}]}', '{"\\u005f_proto__":1}', '{', '', 'undefined'])(
    'refuses %j',
    (text) => expect(() => parseJsonText(text)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' })),
  );
});

describe('errors', () => {
  it('lets out what the caller may know, and nothing else', () => {
    expect(toApiError(new AppError('STORE_CONNECTION', 'password=hunter2'))).toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 1,
    });
    expect(toApiError(new Error('at /home/me/secret.ts')).message).not.toContain('secret');
    expect(toApiError(undefined).code).toBe('INTERNAL');
  });
});

describe('cookies', () => {
  it('reads the first value of its own name only', () => {
    expect(readCookie('a=1; session=x ; session=y', 'session')).toBe('x');
    expect(readCookie('xsession=1; session', 'session')).toBeUndefined();
    expect(readCookie(undefined, 'session')).toBeUndefined();
  });
  it('is Secure behind TLS', () => {
    expect(sessionCookie('n', 'v', 1, true)).toMatch(/; Secure$/);
  });
});
