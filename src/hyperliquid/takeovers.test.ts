import { expect, it } from 'vitest';
import { CoinTable } from '../domain/listed_coin.ts';
import { takeoversOf } from './takeovers.ts';
import { fillsOf } from './venue_history.ts';
import type { WireLedgerUpdate, WireUserFill } from './wire/history.ts';

const me = `0x${'a'.repeat(40)}`;
const coins = new CoinTable([
  { id: 7, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 2 },
  { id: 8, dex: '', name: 'ETH', symbol: 'ETH', sizeDecimals: 2 },
]);

const entry = (
  time: number,
  positions: Readonly<Record<string, string>>,
  notional = '500.0',
): WireLedgerUpdate => ({
  time,
  hash: '0x0',
  delta: {
    type: 'liquidation',
    liquidatedNtlPos: notional,
    accountValue: '6.5',
    leverageType: 'Cross',
    liquidatedPositions: Object.entries(positions).map(([coin, szi]) => ({ coin, szi })),
  },
});
const fill = (time: number, start: string, size: string, more: Partial<WireUserFill> = {}): WireUserFill => ({
  coin: 'BTC',
  px: '100.0',
  sz: size.replace('-', ''),
  side: size.startsWith('-') ? 'A' : 'B',
  time,
  startPosition: start,
  dir: '',
  closedPnl: '0.0',
  oid: time,
  crossed: true,
  fee: '0.0',
  tid: time,
  feeToken: 'USDC',
  ...more,
});
const forced = (dir: string, method: string, user = me) => ({
  dir,
  liquidation: { liquidatedUser: user, method, markPx: '101.5' },
});
const read = (
  updates: WireLedgerUpdate[],
  wire: WireUserFill[],
  held: [number, number][] = [],
  oneAccount = true,
) =>
  takeoversOf({
    updates,
    wire,
    fills: fillsOf(wire, me, coins).rows,
    user: me,
    coins,
    held: new Map(held),
    oneAccount,
  });

it('finds a position that was there, is gone, and that no fill closed', () => {
  const opened = fill(1_000, '0.0', '5.0');
  const found = read([entry(2_000, { BTC: '5.0' })], [opened]);
  expect(found).toEqual({
    rows: [
      {
        time: 2_000,
        accountValue: 6_500_000,
        notional: 500e6,
        positions: [{ coin: 7, size: 500 }],
        taken: new Set([7]),
        marks: new Map(),
        unfilled: [
          expect.objectContaining({
            coin: 7,
            size: -500,
            startPosition: 500,
            price: 1e6,
            cause: 'liquidation',
          }),
        ],
      },
    ],
    unread: 0,
  });
  // Nothing of it is in this part but the entry.
  expect(read([entry(2_000, { BTC: '5.0' })], []).rows).toHaveLength(1);
  // Of an account on several dexs the ledger's value says nothing.
  expect(read([entry(2_000, { BTC: '5.0' })], [opened], [], false).rows[0]?.accountValue).toBeNull();
});

it('finds none where the fills lead on: still held, sold by the market, closed before', () => {
  const opened = fill(1_000, '0.0', '5.0');
  const one = entry(2_000, { BTC: '5.0' });
  const none = { rows: [], unread: 0 };
  expect(read([one], [opened], [[7, 500]])).toEqual(none);
  expect(read([one], [opened, fill(3_000, '5.0', '-2.0')], [[7, 300]])).toEqual(none);
  for (const time of [1_999, 2_000, 2_500]) {
    expect(read([one], [opened, fill(time, '5.0', '-5.0', forced('Close Long', 'market'))])).toEqual(none);
  }
});

it('takes the rest of what the market sold a part of, once', () => {
  const part = fill(2_000, '5.0', '-1.0', forced('Close Long', 'market'));
  const { rows } = read(
    [
      entry(2_000, { BTC: '5.0' }),
      entry(9_000, { BTC: '4.0' }, '400.0'),
      entry(9_500, { BTC: '4.0' }, '400.0'),
    ],
    [fill(1_000, '0.0', '5.0'), part, fill(20_000, '0.0', '1.0')],
    [[7, 100]],
  );
  expect(rows.map(({ time, unfilled }) => [time, unfilled.map(({ size }) => size)])).toEqual([
    [9_500, [-400]],
  ]);
});

it('adds no fill to those that the venue tells, and gives each of them to the entry that is nearest', () => {
  const told = fill(9_000, '4.0', '-4.0', forced('Liquidated Cross Long', 'backstop'));
  const { rows } = read(
    [entry(2_000, { BTC: '5.0' }), entry(9_001, { BTC: '4.0', ETH: '-2.0' })],
    [fill(1_000, '0.0', '5.0'), fill(2_000, '5.0', '-1.0', forced('Close Long', 'market')), told],
  );
  expect(
    rows.map(({ time, taken, unfilled }) => [time, [...taken], unfilled.map(({ coin }) => coin)]),
  ).toEqual([[9_000, [7, 8], [8]]]);
  const counterparty = fill(2_000, '-5.0', '5.0', forced('Close Short', 'backstop', `0x${'b'.repeat(40)}`));
  expect(read([entry(2_000, { BTC: '-5.0' })], [counterparty]).rows).toEqual([]);
});

it('makes one of what goes in the same block, and says what it cannot read', () => {
  const { rows, unread } = read(
    [entry(2_000, { BTC: '5.0' }), entry(2_000, { ETH: '1.0' }, '20.0'), entry(3_000, { NEW: '1.0' })],
    [],
  );
  expect(rows.map(({ notional, positions }) => [notional, positions.length])).toEqual([[520e6, 2]]);
  expect(unread).toBe(1);
});
