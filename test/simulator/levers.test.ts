/** Every lever of the control port, pulled over HTTP, with what traders then see on the wire. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEVERS } from '../../src/simulator/faults/levers.ts';
import { REJECT_REASONS, REJECT_TEXTS } from '../../src/simulator/venue/reject_reasons.ts';
import { until } from '../until.ts';
import { info } from './client.ts';
import { Operator, orderOf, subscribed, Trader } from './operator.ts';
import { startVenueWorld, type VenueWorld } from './venue_world.ts';

const [BTC, ETH, SOL] = [0, 1, 5];
const COINS = ['BTC', 'ETH', 'SOL', 'AVAX', 'XRP', 'ARB'];
let world: VenueWorld;
let operator: Operator;
let own: Trader;
let leader: Trader;
let mids: Record<string, number>;

beforeAll(async () => {
  world = await startVenueWorld({ control: 'levers', quoted: COINS });
  operator = new Operator(world.controlUrl);
  own = new Trader(world, 0x41);
  leader = new Trader(world, 0x42);
  for (const { address } of [own, leader]) await operator.lever('deposit', { user: address, usd: 50_000 });
  const texts = await info<Record<string, string>>(world.server.url, { type: 'allMids' });
  mids = Object.fromEntries(Object.entries(texts).map(([coin, px]) => [coin, Number(px)]));
  for (const asset of [BTC, ETH, SOL])
    for (const trader of [own, leader])
      await trader.act({ type: 'updateLeverage', asset, isCross: true, leverage: 10 });
});
afterAll(async () => {
  await world.close();
});

const mid = (coin: string): number => mids[coin] ?? 0;
const px = (coin: string, share: number): string => String(Number((mid(coin) * share).toPrecision(4)));
const ctxOf = async (coin: string) => {
  type Meta = { universe: { name: string; maxLeverage: number; isDelisted?: boolean }[] };
  const [meta, ctxs] = await info<[Meta, { oraclePx: string; markPx: string }[]]>(world.server.url, {
    type: 'metaAndAssetCtxs',
  });
  const index = meta.universe.findIndex(({ name }) => name === coin);
  return { ...meta.universe[index], ...ctxs[index], index };
};
interface Fill {
  readonly coin: string;
  readonly dir: string;
  readonly liquidation?: { readonly liquidatedUser: string; readonly method: string };
}
const fillsOf = (trader: Trader) => trader.info<Fill[]>('userFills');

describe('trading', () => {
  it('halts one coin, all of them, and lets them go on', async () => {
    await operator.lever('halt', { symbol: 'BTC', halted: true });
    expect(await own.order({ a: BTC, p: px('BTC', 0.9) })).toEqual({ error: 'Trading is halted.' });
    expect(await own.order({ a: ETH, p: px('ETH', 0.9), s: '0.01' })).toHaveProperty('resting');
    await operator.lever('halt-all', { halted: true });
    expect(await own.order({ a: ETH, p: px('ETH', 0.9), s: '0.01' })).toEqual({
      error: 'Trading is halted.',
    });
    await operator.lever('halt-all', { halted: false });
    await operator.lever('halt', { symbol: 'BTC', halted: false });
    expect(await own.order({ a: BTC, p: px('BTC', 0.9) })).toHaveProperty('resting');
  });

  it('takes post-only orders alone after an upgrade', async () => {
    await operator.lever('post-only-until', { time: Date.now() + 3_600_000 });
    const p = px('BTC', 0.9);
    expect(await own.order({ p })).toEqual({
      error: 'Only post-only orders allowed immediately after a network upgrade',
    });
    expect(await own.order({ p, t: { limit: { tif: 'Alo' } } })).toHaveProperty('resting');
    await operator.lever('post-only-until', { time: 0 });
    expect(await own.order({ p })).toHaveProperty('resting');
  });

  it.each(REJECT_REASONS)('ends the next order as %s', async (reason) => {
    await operator.lever('refuse-next', { user: own.address, reason });
    const c = `0x${(REJECT_REASONS.indexOf(reason) + 1).toString(16).padStart(32, '0')}`;
    expect(await own.order({ p: px('BTC', 0.9), c })).toEqual({ error: `${REJECT_TEXTS[reason]} asset=0` });
    expect(await own.info('orderStatus', { oid: c })).toMatchObject({
      order: { status: reason, order: { cloid: c } },
    });
    expect(await own.order({ p: px('BTC', 0.9) })).toHaveProperty('resting');
  });

  it('refuses an action, or one item, with any text', async () => {
    const text = 'Unexpected error (code=148)';
    await operator.lever('refuse-next', { user: own.address, level: 'action', text, count: 2 });
    for (let i = 0; i < 2; i++)
      expect(await own.act({ type: 'noop' })).toEqual({ status: 'err', response: text });
    expect((await own.act({ type: 'noop' })).status).toBe('ok');
    await operator.lever('refuse-next', { user: own.address, level: 'item', text });
    expect(await own.order({ p: px('BTC', 0.9) })).toEqual({ error: text });
  });

  it('fills the next order in part and cancels the rest', async () => {
    await operator.lever('partial-fill-next', { user: own.address, symbol: 'SOL', sz: '0.3' });
    const c = `0x${'f'.repeat(32)}`;
    const t = { limit: { tif: 'Ioc' } };
    expect(await own.order({ a: SOL, p: px('SOL', 1.05), s: '1', t, c })).toMatchObject({
      filled: { totalSz: '0.3' },
    });
    expect(await own.info('orderStatus', { oid: c })).toMatchObject({
      order: { status: 'canceled', order: { sz: '0.7', origSz: '1.0' } },
    });
    expect(await own.szi('SOL')).toBe('0.3');
  });

  it('counts an address down to its last action', async () => {
    await operator.lever('action-budget', { user: leader.address, used: 1_000_000 });
    // One passes every ten seconds, the next one does not.
    await leader.act({ type: 'noop' });
    expect((await leader.act({ type: 'noop' })).response).toMatch(/^Too many cumulative requests sent \(/);
    await operator.lever('action-budget', { user: leader.address, used: 0 });
    expect((await leader.act({ type: 'noop' })).status).toBe('ok');
  });
});

describe('liquidation and deleveraging, of one own and of a leader', () => {
  it('sells an own position at market; both sides of the fill say so', async () => {
    const events = await subscribed(world, { type: 'userEvents', user: own.address });
    await own.market(BTC, '0.05', mid('BTC'));
    await operator.lever('liquidate', { user: own.address, method: 'market' });
    await until(async () => (await own.szi('BTC')) === '0.0');
    const [fill] = (await fillsOf(own)).filter(({ coin }) => coin === 'BTC');
    expect(fill).toMatchObject({
      dir: 'Close Long',
      liquidation: { liquidatedUser: own.address, method: 'market' },
    });
    await events.frame(({ data }) => JSON.stringify(data).startsWith('{"liquidation"'));
    events.close();
  });

  it('hands a leader to the backstop without a print', async () => {
    const feed = await subscribed(world, { type: 'trades', coin: 'ETH' });
    await leader.market(ETH, '1', mid('ETH'));
    await until(async () => (await leader.szi('ETH')) === '1.0');
    const printed = await until(() => feed.of('trades').length);
    await operator.lever('liquidate', { user: leader.address, method: 'backstop' });
    await until(async () => (await leader.szi('ETH')) === '0.0');
    expect((await fillsOf(leader))[0]).toMatchObject({
      dir: 'Liquidated Cross Long',
      liquidation: { liquidatedUser: leader.address, method: 'backstop' },
    });
    feed.send({ method: 'ping' });
    await feed.frame(({ channel }) => channel === 'pong');
    expect(feed.of('trades')).toHaveLength(printed);
    feed.close();
    expect((await info<unknown[]>(world.server.url, { type: 'liquidatable' })).length).toBe(0);
    await operator.lever('deposit', { user: leader.address, usd: 50_000 });
  });

  it('deleverages a part, then all', async () => {
    await leader.market(SOL, '-10', mid('SOL'));
    await operator.lever('adl', { user: leader.address, symbol: 'SOL', sz: '4' });
    await until(async () => (await leader.szi('SOL')) === '-6.0');
    await operator.lever('adl', { user: leader.address, symbol: 'SOL' });
    await until(async () => (await leader.szi('SOL')) === '0.0');
    expect((await fillsOf(leader)).slice(0, 2).map(({ dir }) => dir)).toEqual([
      'Auto-Deleveraging',
      'Auto-Deleveraging',
    ]);
  });
});

describe('agents and nonces', () => {
  it('ends an agent at once', async () => {
    const agent = new Trader(world, 0x43);
    expect((await own.approveAgent(agent, 'bot')).status).toBe('ok');
    expect((await agent.act(orderOf({ p: px('BTC', 0.9) }))).status).toBe('ok');
    await operator.lever('expire-agent', { agent: agent.address });
    expect(await agent.act(orderOf({ p: px('BTC', 0.9) }))).toEqual({
      status: 'err',
      response: `User or API Wallet ${agent.address} does not exist.`,
    });
  });

  it('forgets the nonces of a signer', async () => {
    const nonce = Date.now() - 60_000;
    const replayed = { status: 'err', response: `Invalid nonce: duplicate nonce ${nonce}` };
    expect((await own.act({ type: 'noop' }, nonce)).status).toBe('ok');
    expect(await own.act({ type: 'noop' }, nonce)).toEqual(replayed);
    await operator.lever('prune-nonces', { signer: own.address });
    expect((await own.act({ type: 'noop' }, nonce)).status).toBe('ok');
  });

  it('restarts with nonces kept, and with those of some signers lost', async () => {
    const nonce = Date.now() - 120_000;
    for (const trader of [own, leader]) expect((await trader.act({ type: 'noop' }, nonce)).status).toBe('ok');
    await operator.send('POST', 'restart', { downMs: 50, pruneSigners: [own.address], postOnlyMs: 0 });
    await until(async () => (await own.info('exchangeStatus')) !== undefined);
    expect((await own.act({ type: 'noop' }, nonce)).status).toBe('ok');
    expect((await leader.act({ type: 'noop' }, nonce)).response).toBe(
      `Invalid nonce: duplicate nonce ${nonce}`,
    );
  });
});

describe('the market', () => {
  it('moves an oracle and with it the mark', async () => {
    const before = await ctxOf('AVAX');
    const wanted = px('AVAX', 1.02);
    await operator.lever('oracle', { symbol: 'AVAX', px: wanted });
    await until(async () => Number((await ctxOf('AVAX')).oraclePx) === Number(wanted));
    expect(Number((await ctxOf('AVAX')).markPx)).toBeGreaterThan(Number(before.markPx));
  });

  it('lists a coin, which trades at once', async () => {
    const listing = { dex: '', name: 'FRESH', szDecimals: 1, maxLeverage: 3, marginTableId: 3 };
    await operator.lever('list', { ...listing, oraclePx: '2.5' });
    const { index } = await until(async () => {
      const ctx = await ctxOf('FRESH');
      return ctx.index >= 0 ? ctx : undefined;
    });
    expect(await own.order({ a: index, p: '2.4', s: '10' })).toHaveProperty('resting');
    await expect(operator.lever('list', { ...listing, oraclePx: '2.5' })).rejects.toThrow(/listed already/);
  });

  it('delists one: orders go, positions are settled, its place stays', async () => {
    const { index } = await ctxOf('ARB');
    await own.market(index, '100', mid('ARB'));
    const c = `0x${'d'.repeat(32)}`;
    await own.order({ a: index, p: px('ARB', 0.9), s: '100', c });
    await operator.lever('delist', { symbol: 'ARB', px: px('ARB', 1) });
    await until(async () => (await ctxOf('ARB')).isDelisted === true);
    expect((await ctxOf('ARB')).index).toBe(index);
    expect(await own.szi('ARB')).toBe('0.0');
    expect((await fillsOf(own))[0]).toMatchObject({ coin: 'ARB', dir: 'Settlement' });
    expect(await own.info('orderStatus', { oid: c })).toMatchObject({
      order: { status: 'delistedCanceled' },
    });
    expect(await own.order({ a: index, p: px('ARB', 0.9), s: '100' })).toEqual({
      error: 'Trading is halted.',
    });
  });

  it('changes a margin table', async () => {
    expect((await ctxOf('XRP')).maxLeverage).toBe(20);
    await operator.lever('margin-table', { symbol: 'XRP', marginTableId: 5 });
    await until(async () => (await ctxOf('XRP')).maxLeverage === 5);
    const asset = (await ctxOf('XRP')).index;
    expect(await own.act({ type: 'updateLeverage', asset, isCross: true, leverage: 10 })).toEqual({
      status: 'err',
      response: 'Invalid leverage value',
    });
  });

  it('caps the open interest', async () => {
    const capped = () => info<string[]>(world.server.url, { type: 'perpsAtOpenInterestCap' });
    await own.market(SOL, '1', mid('SOL'));
    await operator.lever('open-interest-cap', { symbol: 'SOL', usd: 1 });
    await until(async () => (await capped()).includes('SOL'));
    expect((await own.market(SOL, '1', mid('SOL'))).error).toMatch(/while at open interest cap/);
    expect((await own.order({ a: SOL, p: px('SOL', 0.9), s: '1' })).error).toMatch(
      /while open interest is capped/,
    );
    await operator.lever('open-interest-cap', { symbol: 'SOL', usd: null });
    expect(await own.order({ a: SOL, p: px('SOL', 0.9), s: '1' })).toHaveProperty('resting');
  });
});

it('shifts the clock: ahead, behind, and back', async () => {
  const status = async () =>
    (await info<{ time: number }>(world.server.url, { type: 'exchangeStatus' })).time;
  const hour = 3_600_000;
  await operator.send('POST', 'clock', { skewMs: hour });
  await until(async () => (await status()) > Date.now() + hour - 60_000);
  // The window of nonces is the venue's: two days back from its own time.
  const old = Date.now() - 2 * 86_400_000 + hour / 2;
  expect((await own.act({ type: 'noop' }, old)).response).toMatch(/^Invalid nonce: nonce too low/);
  await operator.send('POST', 'clock', { skewMs: 0 });
  const stopped = await status();
  await until(async () => (await info<object>(world.server.url, { type: 'meta' })) !== undefined);
  expect(await status()).toBe(stopped);
});

it('every lever was pulled', () => {
  expect([...LEVERS.keys()].filter((name) => !operator.pulled.has(name))).toEqual([]);
});
