import { beforeEach, describe, expect, it } from 'vitest';
import type { Action, ActionAnswer, SignedRequest } from './actions.ts';
import { DEFAULT_RULES } from './rules.ts';
import { ALICE, BOB, START, TestVenue, user } from './test_venue.ts';

const AGENT = user(0xa9e47);
const NOBODY = user(0);
const NOOP: Action = { type: 'noop' };
const MINUTE = 60_000;

describe('who may sign', () => {
  let bench: TestVenue;
  beforeEach(() => {
    bench = new TestVenue();
  });

  function send(request: Partial<SignedRequest>): ActionAnswer {
    let got: ActionAnswer = { status: 'err', response: 'no answer' };
    const full: SignedRequest = {
      signer: ALICE,
      action: NOOP,
      nonce: bench.venue.time,
      vaultAddress: null,
      expiresAfter: null,
      ...request,
    };
    bench.venue.submit(full, (answer) => {
      got = answer;
    });
    bench.step();
    return got;
  }

  it('names an unknown signer, by kind of signature', () => {
    expect(bench.refusal(AGENT, NOOP)).toBe(`User or API Wallet ${AGENT} does not exist.`);
    expect(bench.refusal(AGENT, { type: 'usdSend', destination: BOB, amount: '1' })).toBe(
      `Must deposit before performing actions. User: ${AGENT}`,
    );
  });

  it('lets an agent trade but not move money out', () => {
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: AGENT, agentName: 'bot' });
    const answer = bench.order(AGENT, { b: true, p: '100000', s: '0.01' });
    expect(answer.resting?.oid).toBeTypeOf('number');
    expect(bench.venue.query.openOrders(ALICE, '')).toHaveLength(1);
    expect(bench.refusal(AGENT, { type: 'withdraw3', destination: BOB, amount: '10' })).toMatch(
      /Must deposit/,
    );
    expect(bench.venue.query.extraAgents(ALICE)).toMatchObject([{ name: 'bot', address: AGENT }]);
    expect(bench.venue.query.userRole(AGENT)).toEqual({ role: 'agent', data: { user: ALICE } });
  });

  it('lets an agent act for a sub-account, with its own nonces and the budget of that account', () => {
    bench = new TestVenue({ subAccounts: { ...DEFAULT_RULES.subAccounts, volumeUsd: 0 } });
    const sub = bench.ok(ALICE, { type: 'createSubAccount', name: 'second' }).data as typeof ALICE;
    bench.ok(ALICE, { type: 'subAccountTransfer', subAccountUser: sub, isDeposit: true, usd: 5_000_000_000 });
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: AGENT, agentName: 'bot' });
    const used = () => [ALICE, sub].map((who) => bench.venue.query.userRateLimit(who).nRequestsUsed);
    const before = used();
    const nonce = bench.venue.time;
    const wire = { a: 0, b: true, p: '100000', s: '0.01', r: false, t: { limit: { tif: 'Gtc' as const } } };
    const action: Action = { type: 'order', orders: [wire], grouping: 'na' };
    expect(send({ signer: AGENT, action, nonce, vaultAddress: sub }).status).toBe('ok');
    expect(bench.venue.query.openOrders(sub, '')).toHaveLength(1);
    expect(bench.venue.query.openOrders(ALICE, '')).toEqual([]);
    expect(used()).toEqual([before[0], (before[1] ?? 0) + 1]);
    // One signer, one set of nonces, whomever it acts for.
    expect(send({ signer: AGENT, action, nonce })).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${nonce}`,
    });
    expect(send({ signer: BOB, action, vaultAddress: sub })).toEqual({
      status: 'err',
      response: `Vault not registered: ${sub}`,
    });
  });

  it('replaces by name, revokes by the zero address and limits to one unnamed and three named', () => {
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: AGENT, agentName: 'bot' });
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: user(1), agentName: 'bot' });
    expect(bench.refusal(AGENT, NOOP)).toMatch(/does not exist/);
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: user(2), agentName: 'b' });
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: user(3), agentName: 'c' });
    expect(bench.refusal(ALICE, { type: 'approveAgent', agentAddress: user(4), agentName: 'd' })).toBe(
      'Too many extra agents for cumulative volume traded. Current limit is 3',
    );
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: user(4), agentName: null });
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: NOBODY, agentName: 'c' });
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: user(5), agentName: 'd' });
    expect(bench.refusal(BOB, { type: 'approveAgent', agentAddress: user(5), agentName: 'x' })).toBe(
      'Extra agent already used.',
    );
  });

  it('prunes an expired agent with its nonces at the next quarter hour', () => {
    const until = bench.venue.time + MINUTE;
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: AGENT, agentName: `bot valid_until ${until}` });
    bench.step(2 * MINUTE);
    const nonce = bench.venue.time;
    expect(send({ signer: AGENT, nonce }).status).toBe('ok');
    bench.pass(15 * MINUTE);
    expect(send({ signer: AGENT })).toEqual({
      status: 'err',
      response: `User or API Wallet ${AGENT} does not exist.`,
    });
    // Approved again, the old nonce passes: the reason never to reuse an agent's address.
    bench.ok(ALICE, { type: 'approveAgent', agentAddress: AGENT, agentName: 'bot' });
    expect(send({ signer: AGENT, nonce }).status).toBe('ok');
    expect(
      bench.refusal(ALICE, {
        type: 'approveAgent',
        agentAddress: user(9),
        agentName: `x valid_until ${START}`,
      }),
    ).toBe('Agent valid_until already expired.');
  });

  it('keeps the hundred highest nonces in a window of three days', () => {
    const now = bench.venue.time;
    expect(send({ nonce: now })).toMatchObject({ status: 'ok' });
    expect(send({ nonce: now })).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${now}`,
    });
    expect(send({ nonce: now - 5 })).toMatchObject({ status: 'ok' });
    for (let i = 1; i <= 100; i++) send({ nonce: now + i });
    expect(send({ nonce: now - 6 })).toEqual({
      status: 'err',
      response: `Invalid nonce: nonce too low ${now - 6} < ${now + 1}`,
    });
    expect(send({ nonce: now + 2 * 86_400_000 })).toMatchObject({
      response: expect.stringMatching(/nonce too high/),
    });
    expect(send({ nonce: now - 3 * 86_400_000 })).toMatchObject({
      response: expect.stringMatching(/nonce too low/),
    });
  });

  it('drops a stale action at five times its cost', () => {
    const before = bench.venue.query.userRateLimit(ALICE).nRequestsUsed;
    expect(send({ expiresAfter: bench.venue.time - 1 })).toEqual({
      status: 'err',
      response: 'Action already expired',
    });
    expect(bench.venue.query.userRateLimit(ALICE).nRequestsUsed - before).toBe(5);
  });

  it('refuses beyond the action budget, one request every ten seconds, cancels further', () => {
    bench.venue.control.setActionBudget(ALICE, 10_000);
    bench.step(10_001);
    expect(send({}).status).toBe('ok');
    expect(send({})).toEqual({
      status: 'err',
      response:
        'Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.0. Place taker orders to free up 1 request per USDC traded.',
    });
    expect(send({ action: { type: 'cancel', cancels: [{ a: 0, o: 1 }] } }).status).toBe('ok');
    bench.step(10_000);
    expect(send({}).status).toBe('ok');
  });

  it('lets the last request within the cap pass, however short ago the budget was used up', () => {
    bench.venue.control.setActionBudget(ALICE, 10_000);
    expect(send({}).status).toBe('ok');
    bench.venue.control.setActionBudget(ALICE, 10_000);
    expect(send({}).status).toBe('ok');
    expect(send({})).toMatchObject({ response: expect.stringContaining('(10001 > 10000)') });
  });

  it('refuses more than 200 items in one action, at no cost', () => {
    const cancels = Array.from({ length: 201 }, (_, i) => ({ a: 0, o: i }));
    expect(bench.refusal(ALICE, { type: 'cancel', cancels })).toBe('Signed action over weight limit of 200.');
  });
});
