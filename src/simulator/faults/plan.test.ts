import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/clock.ts';
import type { RequestFacts } from '../wire/fault_gate.ts';
import { driftText } from './drift.ts';
import { fateOf } from './fate.ts';
import { FaultPlan } from './plan.ts';

const action = (nonce: number): RequestFacts => ({
  path: '/exchange',
  ip: '127.0.0.1',
  body: { action: { type: 'order' }, nonce },
  requestId: undefined,
  actor: () => undefined,
});

describe('a fate', () => {
  it('is in [0, 1), the same for the same, and evenly spread', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (seed, rule, identity) => {
        const fate = fateOf(seed, rule, identity);
        expect(fate).toBe(fateOf(seed, rule, identity));
        expect(fate >= 0 && fate < 1).toBe(true);
      }),
    );
    const below = Array.from({ length: 10_000 }, (_, n) => fateOf('s', 'r', `/exchange ${n}`)).filter(
      (f) => f < 0.3,
    );
    expect(below.length).toBeGreaterThan(2800);
    expect(below.length).toBeLessThan(3200);
  });

  it('of an action depends on its nonce, in whatever order actions come', () => {
    const hits = (nonces: readonly number[]) => {
      const plan = new FaultPlan('seed', new ManualClock());
      plan.add({ kind: 'timeout', stage: 'after', share: 0.4 });
      return new Map(nonces.map((nonce) => [nonce, plan.request(action(nonce)) !== undefined]));
    };
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 50 }), (nonces) => {
        const forwards = hits(nonces);
        const backwards = hits(nonces.toReversed());
        for (const nonce of nonces) expect(backwards.get(nonce)).toBe(forwards.get(nonce));
      }),
    );
  });
});

describe('a refusal to connect or to subscribe', () => {
  /** What becomes of each of the topic's attempts, when others of other topics come in between or do not. */
  const fates = (seed: string, disturbed: boolean) => {
    const plan = new FaultPlan(seed, new ManualClock());
    plan.add({ kind: 'refuse-subscribe', share: 0.5 });
    plan.add({ kind: 'refuse-connect', share: 0.5 });
    return Array.from({ length: 60 }, () => {
      if (disturbed) for (const coin of ['ETH', 'SOL', 'XRP']) plan.subscribe(`{"coin":"${coin}"}`);
      if (disturbed) plan.connect('127.0.0.2');
      return `${plan.subscribe('{"coin":"BTC"}')} ${plan.connect('127.0.0.1') ?? 'open'}`;
    });
  };

  it('is decided anew each time, by seed, name and how often it came, whoever else comes', () => {
    const alone = fates('a', false);
    expect(fates('a', true)).toEqual(alone);
    expect(fates('b', false)).not.toEqual(alone);
    for (const outcome of ['ignore', 'accept', '502', 'open']) {
      const share = alone.filter((fate) => fate.split(' ').includes(outcome)).length;
      expect(share).toBeGreaterThan(15);
      expect(share).toBeLessThan(45);
    }
  });
});

describe('half-open sockets', () => {
  const sockets = Array.from({ length: 60 }, (_, i) => ({ ip: '127.0.0.1', ordinal: i + 1 }));

  it('are a share of them, the same in whatever order they send, and stay so', () => {
    const hits = (seed: string, order: typeof sockets) => {
      const plan = new FaultPlan(seed, new ManualClock());
      plan.add({ kind: 'half-open', share: 0.5 });
      const once = order.filter((socket) => plan.halfOpen(socket));
      expect(order.filter((socket) => plan.halfOpen(socket))).toEqual(once);
      expect(plan.list()[0]?.fired).toBe(once.length);
      return new Set(once.map(({ ordinal }) => ordinal));
    };
    const forwards = hits('a', sockets);
    expect(hits('a', sockets.toReversed())).toEqual(forwards);
    expect(hits('b', sockets)).not.toEqual(forwards);
    expect(forwards.size).toBeGreaterThan(15);
    expect(forwards.size).toBeLessThan(45);
  });

  it('are the first so many of a count, until the rule is removed', () => {
    const plan = new FaultPlan('seed', new ManualClock());
    const id = plan.add({ kind: 'half-open', count: 2 });
    for (let round = 0; round < 2; round++)
      expect(sockets.map((socket) => plan.halfOpen(socket)).slice(0, 4)).toEqual([true, true, false, false]);
    plan.remove(id);
    expect(sockets.some((socket) => plan.halfOpen(socket))).toBe(false);
  });
});

describe('a plan', () => {
  it('ends a rule after its time and after its count', async () => {
    const clock = new ManualClock();
    const plan = new FaultPlan('seed', clock);
    plan.add({ kind: 'http-status', status: 500, forMs: 100 });
    expect(plan.request(action(1))).toBeDefined();
    await clock.advance(101);
    expect(plan.request(action(1))).toBeUndefined();
    plan.add({ kind: 'http-status', status: 500, count: 2 });
    expect([1, 2, 3].map((nonce) => plan.request(action(nonce)) !== undefined)).toEqual([true, true, false]);
  });

  it('narrows by type, user, channel and coin', () => {
    const plan = new FaultPlan('seed', new ManualClock());
    plan.add({ kind: 'http-status', status: 500, type: 'cancel' });
    expect(plan.request(action(1))).toBeUndefined();
    plan.add({ kind: 'drop-frame', channel: 'trades', coin: 'BTC' });
    expect(plan.frame('{"type":"trades","coin":"BTC"}', 'x')).toEqual([]);
    expect(plan.frame('{"type":"trades","coin":"ETH"}', 'x')).toHaveLength(1);
  });

  it('asks once who acts, and only where a rule names somebody', () => {
    const plan = new FaultPlan('seed', new ManualClock());
    let asked = 0;
    const facts = (account: string): RequestFacts => ({
      ...action(1),
      actor: () => {
        asked += 1;
        return account;
      },
    });
    plan.add({ kind: 'http-status', status: 500, path: '/info' });
    expect(plan.request(facts('0xab'))).toBeUndefined();
    expect(asked).toBe(0);
    for (const user of ['0xAB', '0xcd']) plan.add({ kind: 'http-status', status: 500, user });
    expect(plan.request(facts('0xab'))).toBeDefined();
    expect(asked).toBe(1);
    expect(plan.request(facts('0xef'))).toBeUndefined();
    expect(plan.request({ ...action(1), path: '/info', body: { user: '0xCD' } })).toBeDefined();
  });

  it('knows sentinels without any rule', () => {
    const plan = new FaultPlan('seed', new ManualClock());
    const cancel = {
      ...action(1),
      body: { action: { cancels: [{ asset: 0, cloid: `0xfa1702${'0'.repeat(26)}` }] } },
    };
    expect(plan.request(cancel)).toEqual({ delayMs: 0, stage: 'after', answer: { kind: 'hang' } });
    const cloid = `0xfa1709${'0'.repeat(26)}`;
    for (const modify of [
      { oid: 5, order: { c: cloid } },
      { oid: cloid, order: {} },
      { modifies: [{ oid: cloid, order: {} }] },
    ])
      expect(plan.request({ ...action(1), body: { action: modify } })?.answer).toEqual({ kind: 'reset' });
    expect(plan.request({ ...action(1), body: { action: { orders: [null, 5] }, user: 7 } })).toBeUndefined();
  });
});

describe('schema drift', () => {
  const text = '{"name":"BTC","px":"1.5","n":3}';
  it.each([
    ['null', '{"name":"BTC","px":null,"n":3}'],
    ['number-as-string', '{"name":"BTC","px":"1.5","n":"3"}'],
    ['string-as-number', '{"name":"BTC","px":1.5,"n":3}'],
    ['missing-field', '{"px":"1.5","n":3}'],
  ] as const)('%s', (drift, expected) => {
    expect(driftText(text, drift)).toBe(expected);
  });
  it.each(['extra-field', 'prototype'] as const)('%s is still JSON', (drift) => {
    expect(JSON.parse(driftText(text, drift))).toMatchObject({ name: 'BTC' });
  });
});
