import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressIndex } from '../../domain/address_index.ts';
import { CoinTable, type ListedCoin } from '../../domain/listed_coin.ts';
import { formatScaled } from '../../domain/money.ts';
import { TradeColumns } from '../../domain/trade_columns.ts';
import { FrameReader } from './frame.ts';

const coin = (id: number, symbol: string, sizeDecimals: number): ListedCoin => {
  const [dex, name] = symbol.includes(':') ? symbol.split(':') : ['', symbol];
  return { id, symbol, dex: dex ?? '', name: name ?? '', sizeDecimals };
};
const COINS = [coin(1, 'BTC', 5), coin(2, 'CASHCAT', 0), coin(3, 'xyz:CL', 3)];

function reader() {
  const addresses = new AddressIndex(7);
  const columns = new TradeColumns();
  const frames = new FrameReader(new CoinTable(COINS), addresses);
  return { addresses, columns, frames, read: (text: string) => frames.read(Buffer.from(text), columns, 5) };
}

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((all) => `0x${all.join('')}`);

const wireTrade = fc.constantFrom(...COINS).chain((one) =>
  fc.record({
    coin: fc.constant(one.symbol),
    side: fc.constantFrom('A', 'B'),
    px: fc.integer({ min: 1, max: 9e7 }).map((n) => decimal(n, 6 - one.sizeDecimals)),
    sz: fc.integer({ min: 1, max: 1e8 }).map((n) => decimal(n, one.sizeDecimals)),
    time: fc.integer({ min: 1e12, max: 2e12 }),
    hash: hex(64),
    tid: fc.integer({ min: 0, max: 2 ** 50 }),
    users: fc.tuple(hex(40), hex(40)),
  }),
);

/** As the venue writes: at least one decimal. */
function decimal(value: number, decimals: number): string {
  const text = formatScaled(value, decimals);
  return text.includes('.') ? text : `${text}.0`;
}

const frameOf = (data: unknown) => JSON.stringify({ channel: 'trades', data });

describe('trades', () => {
  test('the fast and the slow way read the same', () => {
    fc.assert(
      fc.property(fc.array(wireTrade, { maxLength: 40, size: 'max' }), (trades) => {
        const fast = reader();
        const slow = reader();
        expect(fast.read(frameOf(trades))).toMatchObject({ kind: 'trades', from: 0, unreadable: [] });
        expect(slow.read(` ${frameOf(trades)}`)).toMatchObject({ kind: 'trades', from: 0, unreadable: [] });
        expect(fast.frames.slowFrames).toBe(0);
        expect(fast.columns.length).toBe(trades.length);
        for (let at = 0; at < trades.length; at++) {
          const row = fast.columns.row(at);
          expect(slow.columns.row(at)).toEqual(row);
          const wire = trades[at] as (typeof trades)[number];
          expect(fast.addresses.addressOf(row.buyer)).toBe(wire.users[0]);
          expect(fast.addresses.addressOf(row.seller)).toBe(wire.users[1]);
          expect([row.time, row.tradeId, row.takerIsBuyer]).toEqual([wire.time, wire.tid, wire.side === 'B']);
        }
      }),
    );
  });

  const good = {
    coin: 'BTC',
    side: 'B',
    px: '66373.0',
    sz: '0.0009',
    time: 1784684116576,
    hash: `0x${'0'.repeat(64)}`,
    tid: 268453629049937,
    users: ['0x20bc9cd229dfd681740834d9b4f55641ce435da3', '0x0e7d09a53f348fcef8bb139af9ebb552f4a33fe9'],
  };

  test('reads ticks and lots', () => {
    const { read, columns } = reader();
    read(frameOf([good]));
    expect(columns.row(0)).toMatchObject({ coin: 1, price: 663730, size: 90, buyer: 1, seller: 2 });
  });

  test.each([
    ['a price finer than a tick', { px: '66373.05' }],
    ['a size finer than a lot', { sz: '0.000001' }],
    ['a size with 20 decimals', { sz: '0.00000000000000000001' }],
    ['nothing', { sz: '0.0' }],
    ['a negative price', { px: '-1.0' }],
    ['a number where text is known', { px: 66373 }],
    ['a price beyond 2^53', { px: '99999999999999999999.0' }],
    ['a notional beyond nine billion dollars', { px: '66373.0', sz: '999999.0' }],
    ['an unknown side', { side: 'C' }],
    ['no address', { users: ['0xzz', '0x0'] }],
    ['one user', { users: [good.users[0]] }],
    ['a time in text', { time: '1784684116576' }],
    ['a fractional trade id', { tid: 1.5 }],
  ])('names the coin of a trade it cannot read and keeps the others: %s', (_what, change) => {
    const { read, columns } = reader();
    const frame = read(frameOf([good, { ...good, ...change }, { ...good, tid: 7 }]));
    expect(frame).toEqual({ kind: 'trades', from: 0, unreadable: ['BTC'] });
    expect([columns.length, columns.row(1).tradeId]).toEqual([2, 7]);
  });

  test.each([
    frameOf([good]).slice(0, -1),
    frameOf([good]).slice(0, 100),
    frameOf([{ ...good, coin: 'NOSUCH' }]),
    frameOf([good, null]),
    frameOf({}),
    '{"channel":"trades"}',
  ])('a trades frame that is lost says so: %s', (text) => {
    const { read, columns } = reader();
    expect(read(text)).toMatchObject({ kind: 'malformed', lossy: true });
    expect(columns.length).toBe(0);
  });

  test('extra fields, another key order and a __proto__ key change nothing', () => {
    const { read, columns } = reader();
    const text = frameOf([{ extra: 1, ...good }]).replace('"extra":1', '"__proto__":{"polluted":1}');
    expect(read(text)).toMatchObject({ kind: 'trades', unreadable: [] });
    expect(columns.length).toBe(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('everything else', () => {
  test.each([
    ['{"channel":"pong"}', { kind: 'pong' }],
    [
      '{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}}',
      { kind: 'ack', method: 'subscribe', type: 'trades', coin: 'BTC' },
    ],
    ['{"channel":"error","data":"Invalid subscription"}', { kind: 'error', text: 'Invalid subscription' }],
    ['{"channel":"l2Book","data":{}}', { kind: 'other', channel: 'l2Book' }],
    ['Websocket connection established.', { kind: 'malformed', reason: 'not JSON', lossy: false }],
    ['[]', { kind: 'malformed', reason: 'no channel', lossy: false }],
    ['null', { kind: 'malformed', reason: 'no channel', lossy: false }],
    ['', { kind: 'malformed', reason: 'not JSON', lossy: false }],
    ['{"channel":"error"}', { kind: 'malformed', reason: 'error of another shape', lossy: false }],
  ])('%s', (text, frame) => {
    expect(reader().read(text)).toEqual(frame);
  });

  test('a huge frame of another channel is not even parsed', () => {
    const huge = JSON.stringify({ channel: 'nobody', data: 'x'.repeat(10 << 20) });
    expect(reader().read(huge)).toMatchObject({ kind: 'malformed', lossy: false });
  });

  test('no bytes make it throw', () => {
    const text = frameOf([
      { coin: 'BTC', side: 'B', px: '1.0', sz: '1.0', time: 1, hash: '0x', tid: 1, users: [] },
    ]);
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.string(), (from, to, inserted) => {
        const { read } = reader();
        expect(read(text.slice(0, from) + inserted + text.slice(to))).toHaveProperty('kind');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), (raw) => {
        const { frames, columns } = reader();
        expect(frames.read(Buffer.from(raw), columns, 0)).toHaveProperty('kind');
      }),
    );
  });
});

const capture = new URL('../../../../shared/data/recordings/mainnet-ws-90s.jsonl', import.meta.url);
test.skipIf(!existsSync(capture))('a recorded minute and a half of mainnet goes the fast way whole', () => {
  const frames = readFileSync(capture, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"channel":"trades"'))
    .map((line) => JSON.parse(line) as { data: { coin: string; px: string; sz: string }[] });
  const decimals = new Map([
    ['BTC', 5],
    ['CASHCAT', 0],
    ['xyz:CL', 3],
    ['xyz:CXMT', 1],
    ['xyz:KR200', 4],
  ]);
  const coins = [...decimals].map(([symbol, sizeDecimals], i) => coin(i + 1, symbol, sizeDecimals));
  const addresses = new AddressIndex(3);
  const columns = new TradeColumns();
  const frameReader = new FrameReader(new CoinTable(coins), addresses);
  for (const { data } of frames) {
    const frame = frameReader.read(Buffer.from(frameOf(data)), columns, 0);
    expect(frame).toMatchObject({ kind: 'trades', unreadable: [] });
  }
  expect(frameReader.slowFrames).toBe(0);
  const keys = new Set(
    Array.from({ length: columns.length }, (_, at) => `${columns.coin[at]} ${columns.tradeId[at]}`),
  );
  expect([frames.length, keys.size, addresses.size]).toEqual([208, 428, 202]);
});
