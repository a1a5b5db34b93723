import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Address, parseAddress } from './address.ts';
import { AddressIndex } from './address_index.ts';

const hexDigit = fc.constantFrom(...'0123456789abcdef');
const anAddress = fc
  .array(hexDigit, { minLength: 40, maxLength: 40, size: 'max' })
  .map((digits) => `0x${digits.join('')}` as Address);

const bytesOf = (address: Address) => new Uint8Array(Buffer.from(address.slice(2), 'hex'));

test('behaves as a map from address to 1, 2, 3… whatever way an address comes in', () => {
  fc.assert(
    fc.property(fc.array(anAddress, { maxLength: 400, size: 'max' }), fc.integer(), (addresses, salt) => {
      const index = new AddressIndex(salt, 4);
      const model = new Map<Address, number>();
      for (const [i, address] of addresses.entries()) {
        if (!model.has(address)) model.set(address, model.size + 1);
        const text = i % 2 === 0 ? address : address.toUpperCase();
        const id = index.internHex(Buffer.from(`"${text}"`, 'latin1'), 3);
        expect(id).toBe(model.get(address));
        expect(index.intern(address)).toBe(id);
        expect(index.find(address)).toBe(id);
        expect(index.addressOf(id)).toBe(address);
      }
      expect(index.size).toBe(model.size);
      expect(index.nextId).toBe(model.size + 1);
    }),
  );
});

test('what is not 40 hex digits gets no id', () => {
  const index = new AddressIndex(1);
  const good = '20bc9cd229dfd681740834d9b4f55641ce435da3';
  expect(index.internHex(Buffer.from(`${good.slice(0, 39)}g`), 0)).toBe(0);
  expect(index.internHex(Buffer.from(good.slice(0, 39)), 0)).toBe(0);
  expect(index.internHex(Buffer.from(`${good.slice(0, 20)}"${good.slice(21)}`), 0)).toBe(0);
  expect(index.size).toBe(0);
});

test('takes over stored ids, holes included, and counts on after the last', () => {
  const first = parseAddress(`0x${'1'.repeat(40)}`);
  const second = parseAddress(`0x${'2'.repeat(40)}`);
  const third = parseAddress(`0x${'3'.repeat(40)}`);
  const index = new AddressIndex(7);
  index.load(3, bytesOf(first));
  index.load(9, bytesOf(second));
  expect([index.find(first), index.find(second), index.find(third)]).toEqual([3, 9, 0]);
  expect(index.intern(third)).toBe(10);
  expect(() => index.load(11, bytesOf(first))).toThrow('do not belong together');
  expect(() => index.addressOf(11)).toThrow('no trader 11');
});
