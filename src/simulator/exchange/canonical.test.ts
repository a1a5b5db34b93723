import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionHash } from '../signing/action_hash.ts';
import { toHex } from '../signing/typed_data.ts';
import { canonicalL1 } from './l1_actions.ts';
import { decimal } from './rules.ts';
import { canonicalUserSigned } from './user_actions.ts';

const hashOf = (action: object) => toHex(actionHash(action, 1, null, null));
const canonicalHash = (action: Record<string, unknown>) => hashOf(canonicalL1(action) ?? {});
const cloid = '0x1e60610f0b3d420597c88c1fed2ad5ee';
const canonical = {
  type: 'order',
  orders: [{ a: 1, b: true, p: '2000', s: '3.5', r: false, t: { limit: { tif: 'Ioc' } }, c: cloid }],
  grouping: 'na',
};

describe('the canonical form of an action', () => {
  const [order] = canonical.orders;
  it.each([
    ['is itself', canonical],
    [
      'keys in another order',
      { grouping: 'na', orders: [Object.fromEntries(Object.entries(order ?? {}).reverse())], type: 'order' },
    ],
    ['trailing zeros', { ...canonical, orders: [{ ...order, p: '2000.00', s: '3.50' }] }],
    ['upper-case hex', { ...canonical, orders: [{ ...order, c: cloid.toUpperCase().replace('0X', '0x') }] }],
    ['a cloid without 0x', { ...canonical, orders: [{ ...order, c: cloid.slice(2) }] }],
    ['fields that the venue does not know', { ...canonical, extra: 1, orders: [{ ...order, z: {} }] }],
    ['null for an absent field', { ...canonical, builder: null }],
  ])('%s', (_, action) => {
    expect(JSON.stringify(canonicalL1(action))).toBe(JSON.stringify(canonical));
    expect(canonicalHash(action)).toBe(hashOf(canonical));
  });

  it('drops false flags and keeps true ones', () => {
    const cancel = { type: 'cancel', cancels: [{ a: 1, o: 2 }] };
    expect(canonicalHash({ ...cancel, f: false })).toBe(hashOf(cancel));
    expect(canonicalHash({ ...cancel, f: true })).toBe(hashOf({ ...cancel, f: true }));
  });

  it('lower-cases addresses', () => {
    const builder = { b: `0x${'AB'.repeat(20)}`, f: 1 };
    const lower = { b: `0x${'ab'.repeat(20)}`, f: 1 };
    expect(canonicalHash({ ...canonical, builder })).toBe(hashOf({ ...canonical, builder: lower }));
  });

  it('an unknown type is no L1 action', () => {
    expect(canonicalL1({ type: 'dummy' })).toBeUndefined();
    expect(canonicalL1({ type: 'toString' })).toBeUndefined();
  });

  it.each([
    ['a number as price', { ...canonical, orders: [{ ...order, p: 2000 }] }],
    ['an exponent', { ...canonical, orders: [{ ...order, p: '2e3' }] }],
    ['a float as asset', { ...canonical, orders: [{ ...order, a: 1.5 }] }],
    ['no orders', { type: 'order', grouping: 'na' }],
    ['another tif', { ...canonical, orders: [{ ...order, t: { limit: { tif: 'Fok' } } }] }],
    ['an order that is a prototype', { ...canonical, orders: [JSON.parse('{"__proto__":{"a":1}}')] }],
  ])('refuses %s with 422', (_, action) => {
    expect(() => canonicalL1(action)).toThrow(/^422/);
  });

  it('decimals keep their value and lose what is not needed', () => {
    const digits = fc.stringMatching(/^-?\d{1,12}(\.\d{1,12})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const short = decimal(text);
        expect(Number(short)).toBe(Number(text) + 0);
        expect(short).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
        expect(short).not.toBe('-0');
        expect(decimal(short)).toBe(short);
      }),
    );
  });
});

describe('a user-signed action', () => {
  it('treats an absent agent name as empty', () => {
    const action = {
      type: 'approveAgent',
      hyperliquidChain: 'Mainnet',
      signatureChainId: '0x66eee',
      agentAddress: `0x${'AB'.repeat(20)}`,
      nonce: 5,
    };
    const parts = canonicalUserSigned(action);
    expect(parts?.message).toMatchObject({ agentName: '', agentAddress: `0x${'ab'.repeat(20)}` });
    expect(parts?.action).toEqual({
      type: 'approveAgent',
      agentAddress: `0x${'ab'.repeat(20)}`,
      agentName: null,
    });
    expect(canonicalUserSigned({ ...action, agentName: null })?.message).toEqual(parts?.message);
  });
});
