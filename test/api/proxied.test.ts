/** Live updates behind a proxy: whom a rate concerns. */
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type ApiRig, type RigOptions, startApi } from './rig.ts';
import { openStream } from './stream_client.ts';

/** So slow that nothing comes back while a test runs. */
const FEW = { burst: 3, perSecond: 0.001 };

let rig: ApiRig;
const start = async (options: RigOptions) => {
  rig = await startApi({ limits: { perAddress: FEW }, ...options });
};
afterEach(() => rig.close());

/** The status with which an upgrade without a sign-in is refused. */
const stranger = async (forwarded: string): Promise<string> => {
  const refusal = await openStream(rig.api.url, { headers: { 'x-forwarded-for': forwarded } }).then(
    () => 'opened',
    (error: Error) => error.message,
  );
  return refusal.replace('refused ', '');
};

describe('upgrades through a trusted proxy', () => {
  it('does not let one client use up the rate of another', async () => {
    const lines: string[] = [];
    await start({
      trustedProxies: ['127.0.0.1'],
      log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    });
    for (let i = 0; i < FEW.burst; i++) expect(await stranger('203.0.113.1')).toBe('401');
    expect(await stranger('203.0.113.1')).toBe('429');
    // What a client itself writes into the header does not make it another one.
    expect(await stranger('198.51.100.9, 203.0.113.1')).toBe('429');
    expect(await stranger('203.0.113.2')).toBe('401');
    const headers = { authorization: `Bearer ${rig.token}`, 'x-forwarded-for': '203.0.113.3' };
    await (await openStream(rig.api.url, { headers })).close();
    const refusals = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(refusals).toContainEqual(expect.objectContaining({ code: 'RATE_LIMITED', client: '203.0.113.1' }));
  });

  it('believes nobody else about whose request it is', async () => {
    await start({ trustedProxies: ['192.0.2.1'] });
    for (let i = 1; i <= FEW.burst; i++) expect(await stranger(`203.0.113.${i}`)).toBe('401');
    expect(await stranger('203.0.113.99')).toBe('429');
  });
});
