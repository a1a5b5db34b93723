/** POST /exchange with envelopes made by hand; signatures by an independent client's signing code. */
import { signL1Action, signUserSignedAction } from '@nktkas/hyperliquid/signing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameClient, post } from './client.ts';
import { type TestAccount, testAccount } from './clients/driver.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const DAY = 86_400_000;
const account = testAccount(0x51);
const stranger = testAccount(0x52);
let world: VenueWorld;
let nextNonce = Date.now();

beforeAll(async () => {
  world = await startVenueWorld();
  await world.deposit(account.address, 10_000);
});
afterAll(() => world.close());

interface Signed {
  readonly action: object;
  readonly signedAs?: object;
  readonly nonce?: number;
  readonly wallet?: TestAccount;
  readonly isTestnet?: boolean;
  readonly vaultAddress?: `0x${string}`;
  readonly expiresAfter?: number;
}

async function envelope({
  action,
  signedAs,
  wallet,
  isTestnet,
  vaultAddress,
  expiresAfter,
  ...rest
}: Signed) {
  const nonce = rest.nonce ?? nextNonce++;
  const extras = {
    ...(vaultAddress === undefined ? {} : { vaultAddress }),
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
  };
  const signature = await signL1Action({
    wallet: (wallet ?? account) as never,
    action: (signedAs ?? action) as never,
    nonce,
    isTestnet: isTestnet ?? false,
    ...extras,
  });
  return { action, nonce, signature, ...extras };
}

async function send(body: unknown): Promise<{ status: number; json: { status: string; response: unknown } }> {
  const answer = await post(world.server.url, '/exchange', body);
  return {
    status: answer.status,
    json: answer.status === 200 ? JSON.parse(answer.text) : { status: answer.text },
  };
}
const act = async (signed: Signed) => (await send(await envelope(signed))).json;

const limit = (p: string, s: string, rest: object = {}) => ({
  a: 0,
  b: true,
  p,
  s,
  r: false,
  t: { limit: { tif: 'Gtc' } },
  ...rest,
});
const order = (p = '90000', s = '0.001', rest: object = {}) => ({
  type: 'order',
  orders: [limit(p, s, rest)],
  grouping: 'na',
});
const noop = { type: 'noop' };
const ok = { status: 'ok', response: { type: 'default' } };
const unknownWallet = /^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/;

describe('the canonical form decides who signed', () => {
  it('accepts keys in alphabetical order', async () => {
    const { orders } = order();
    const sorted = Object.fromEntries(Object.entries(orders[0] ?? {}).sort(([a], [b]) => a.localeCompare(b)));
    const action = { grouping: 'na', orders: [sorted], type: 'order' };
    expect(await act({ action, signedAs: order() })).toMatchObject({
      response: { data: { statuses: [{ resting: { oid: expect.any(Number) } }] } },
    });
  });

  it.each([
    ['trailing zeros', order('90000.0', '0.001')],
    ['an upper-case cloid', order('90000', '0.001', { c: `0x${'AB'.repeat(16)}` })],
    ['a false flag', { type: 'cancel', cancels: [{ a: 0, o: 1 }], f: false }],
  ])('%s in what was signed make a stranger', async (_, action) => {
    // The independent signer packs exactly what it is given.
    expect(await act({ action })).toEqual({ status: 'err', response: expect.stringMatching(unknownWallet) });
  });

  it('accepts them in what was sent, when the canonical form was signed', async () => {
    expect(await act({ action: order('90000.0', '0.0010'), signedAs: order() })).toMatchObject({
      status: 'ok',
    });
  });

  it('accepts both networks and r, s without leading zeros', async () => {
    expect(await act({ action: noop, isTestnet: true })).toEqual(ok);
    for (let tries = 0; tries < 2000; tries++) {
      const signed = await envelope({ action: noop });
      const short = (text: string) => `0x${text.slice(2).replace(/^0+/, '')}`;
      const { r, s, v } = signed.signature;
      if (!/^0x0/.test(r) && !/^0x0/.test(s)) continue;
      expect((await send({ ...signed, signature: { r: short(r), s: short(s), v } })).json).toEqual(ok);
      return;
    }
    throw new Error('no signature with a leading zero in 2000 tries');
  });

  it('treats null as absent', async () => {
    const signed = await envelope({ action: noop });
    expect((await send({ ...signed, vaultAddress: null, expiresAfter: null })).json).toEqual(ok);
  });
});

describe('nonces and expiry', () => {
  it('refuses a nonce twice, and outside the window', async () => {
    const signed = await envelope({ action: noop });
    expect((await send(signed)).json).toEqual(ok);
    expect((await send(signed)).json).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${signed.nonce}`,
    });
    const now = Date.now();
    expect(await act({ action: noop, nonce: now - 3 * DAY })).toMatchObject({
      response: expect.stringMatching(/^Invalid nonce: nonce too low \d+ < \d+$/),
    });
    expect(await act({ action: noop, nonce: now + 2 * DAY })).toMatchObject({
      response: expect.stringMatching(/^Invalid nonce: nonce too high \d+ > \d+$/),
    });
  });

  it('a noop burns the nonce of an order in flight', async () => {
    const nonce = nextNonce++;
    expect(await act({ action: noop, nonce })).toEqual(ok);
    expect(await act({ action: order(), nonce })).toMatchObject({
      response: `Invalid nonce: duplicate nonce ${nonce}`,
    });
  });

  it('refuses an expired action; the expiry is part of what is signed', async () => {
    expect(await act({ action: noop, expiresAfter: Date.now() - 1000 })).toEqual({
      status: 'err',
      response: 'Action already expired',
    });
    expect(await act({ action: noop, expiresAfter: Date.now() + 60_000 })).toEqual(ok);
    const signed = await envelope({ action: noop });
    expect((await send({ ...signed, expiresAfter: Date.now() + 60_000 })).json).toMatchObject({
      response: expect.stringMatching(unknownWallet),
    });
  });
});

describe('refusals', () => {
  it('a stranger, a vault that is none, a batch beyond 200', async () => {
    expect(await act({ action: order(), wallet: stranger })).toMatchObject({
      response: expect.stringMatching(unknownWallet),
    });
    expect(await act({ action: order(), vaultAddress: `0x${'9a'.repeat(20)}` })).toMatchObject({
      response: expect.stringMatching(/^Vault not registered: 0x(9a){20}$/),
    });
    const cancels = Array.from({ length: 201 }, (_, o) => ({ a: 0, o }));
    expect(await act({ action: { type: 'cancel', cancels } })).toEqual({
      status: 'err',
      response: 'Signed action over weight limit of 200.',
    });
  });

  it.each([
    ['an unknown action', { type: 'fly' }],
    ['an action without its fields', { type: 'order' }],
    ['a list as action', []],
  ])('%s is 422', async (_, action) => {
    const signed = await envelope({ action: noop });
    expect((await send({ ...signed, action })).status).toBe(422);
  });

  it.each([
    ['no signature', { signature: undefined }],
    ['a nonce as text', { nonce: '1' }],
    ['a signature that is not hex', { signature: { r: '0xzz', s: '0x1', v: 27 } }],
    ['a vault that is no address', { vaultAddress: 'me' }],
  ])('%s is 422', async (_, broken) => {
    expect((await send({ ...(await envelope({ action: noop })), ...broken })).status).toBe(422);
  });

  it('a signature of nobody', async () => {
    const signed = await envelope({ action: noop });
    const answer = await send({ ...signed, signature: { r: `0x${'0'.repeat(64)}`, s: '0x1', v: 27 } });
    expect(answer.json).toEqual({ status: 'err', response: 'Unable to recover signer.' });
  });
});

describe('user-signed actions', () => {
  const types = {
    'HyperliquidTransaction:UsdSend': [
      { name: 'hyperliquidChain', type: 'string' },
      { name: 'destination', type: 'string' },
      { name: 'amount', type: 'string' },
      { name: 'time', type: 'uint64' },
    ],
  };
  async function usdSend(wallet: TestAccount, rest: object = {}) {
    const time = nextNonce++;
    const action = {
      type: 'usdSend',
      signatureChainId: '0x66eee' as const,
      hyperliquidChain: 'Mainnet',
      destination: stranger.address.toLowerCase(),
      amount: '10',
      time,
    };
    const signature = await signUserSignedAction({ wallet: wallet as never, action, types });
    return send({ action, nonce: time, signature, ...rest });
  }

  it('move money between accounts', async () => {
    expect((await usdSend(account)).json).toEqual(ok);
    const state = world.venue.query.clearinghouseState(stranger.address.toLowerCase() as never, '');
    expect(Number(state.marginSummary.accountValue)).toBeGreaterThan(0);
  });

  it('need the same nonce inside and outside, and the account itself', async () => {
    expect((await usdSend(account, { nonce: 5 })).json).toEqual({
      status: 'err',
      response: 'Nonce mismatch.',
    });
    expect((await usdSend(testAccount(0x53))).json).toMatchObject({
      response: expect.stringMatching(/^Must deposit before performing actions\. User: 0x[0-9a-f]{40}$/),
    });
  });
});

describe('orders over the WebSocket', () => {
  it('answers a posted action with its id', async () => {
    const client = await FrameClient.open(world.server.websocketUrl);
    const payload = await envelope({ action: order() });
    client.send({ method: 'post', id: 5, request: { type: 'action', payload } });
    const frame = await client.frame(({ channel }) => channel === 'post');
    client.close();
    expect(frame.data).toMatchObject({
      id: 5,
      response: { type: 'action', payload: { status: 'ok', response: { type: 'order' } } },
    });
  });
});
