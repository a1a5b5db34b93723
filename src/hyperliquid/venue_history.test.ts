import { describe, expect, it } from 'vitest';
import { EpisodeBook } from '../domain/episodes/book.ts';
import { CoinTable } from '../domain/listed_coin.ts';
import vectors from '../domain/metrics/vectors.json' with { type: 'json' };
import { fillsOf, flowsOf, unifiedFlowsOf } from './venue_history.ts';
import type { WireLedgerUpdate, WireUserFill } from './wire/history.ts';

const me = `0x${'a'.repeat(40)}`;
const other = `0x${'b'.repeat(40)}`;
const update = (time: number, delta: WireLedgerUpdate['delta']): WireLedgerUpdate => ({
  time,
  hash: `0x${time}`,
  delta,
});
const fill = (time: number, coin: string, side: 'A' | 'B', fee: string, feeToken: string): WireUserFill => ({
  coin,
  px: '20.5',
  sz: '10',
  side,
  time,
  startPosition: '0',
  dir: 'Buy',
  closedPnl: '0',
  oid: 1,
  crossed: true,
  fee,
  tid: time,
  feeToken,
});

it('counts as flows of a unified account what crosses the border of its one USDC balance, and nothing within', () => {
  const transfer = { user: me, destination: other, token: 'USDC', amount: '30.0', fee: '1.0' };
  const within = { user: me, destination: me, token: 'USDC:0x6d1e', amount: '40.0', fee: '0.0' };
  const ledger = [
    update(1, { type: 'deposit', usdc: '100.0' }),
    update(2, { type: 'accountClassTransfer', usdc: '50.0', toPerp: true }),
    update(3, { type: 'spotTransfer', ...transfer }),
    update(4, {
      type: 'spotTransfer',
      ...transfer,
      user: other,
      destination: me.toUpperCase().replace('X', 'x'),
    }),
    update(5, { type: 'spotTransfer', ...transfer, token: 'HYPE' }),
    update(6, { type: 'send', ...within, sourceDex: 'spot', destinationDex: '' }),
    update(7, { type: 'send', ...transfer, sourceDex: 'spot', destinationDex: 'spot' }),
    update(8, { type: 'rewardsClaim', amount: '5.0', token: 'HYPE' }),
    update(9, { type: 'withdraw', usdc: '10.0', fee: '1.0' }),
  ];
  expect(unifiedFlowsOf(ledger, [], me)).toEqual({
    rows: [
      { time: 1, amount: 100e6 },
      { time: 3, amount: -31e6 },
      { time: 4, amount: 30e6 },
      { time: 7, amount: -31e6 },
      { time: 9, amount: -11e6 },
    ],
    unread: 0,
  });
  // Of perpetuals alone the same ledger says something else.
  expect(flowsOf(ledger, me).rows.map(({ time }) => time)).toEqual([1, 2, 6, 8, 9]);
});

it('takes what a unified account pays for spot coins out of its capital, in order of time', () => {
  const fills = [
    fill(5, '@107', 'B', '0.01', 'HYPE'),
    fill(2, 'PURR/USDC', 'A', '0.5', 'USDC'),
    fill(3, 'BTC', 'B', '1', 'USDC'),
  ];
  expect(unifiedFlowsOf([update(4, { type: 'deposit', usdc: '1.0' })], fills, me)).toEqual({
    rows: [
      { time: 2, amount: 204_500_000 },
      { time: 4, amount: 1e6 },
      { time: 5, amount: -205e6 },
    ],
    unread: 0,
  });
});

it('says of a unified account what has no rule', () => {
  const ledger = [update(1, { type: 'somethingNew', usdc: '1.0' })];
  expect(unifiedFlowsOf(ledger, [fill(2, '#12', 'B', '0', 'USDC')], me)).toEqual({ rows: [], unread: 2 });
});

describe('fills as the venue wrote them', () => {
  const coins = new CoinTable([{ id: 1, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 5 }]);
  const one = (more: Partial<WireUserFill> & { builderFee?: string }) => {
    const [taken] = fillsOf([{ ...fill(1, 'BTC', 'A', '0', 'USDC'), ...more }], me, coins).rows;
    if (taken === undefined) throw new Error('the fill was not taken');
    return taken;
  };

  it('carry all of their fee: the builder has his part of it already', () => {
    const real = vectors.trades.hl_flip_real;
    const flip = one({
      px: String(real.px),
      sz: String(real.sz),
      startPosition: String(real.startPosition),
      dir: 'Long > Short',
      closedPnl: String(real.closedPnl),
      fee: String(real.fee),
      builderFee: String(real.builderFee),
      crossed: false,
    });
    const notional = real.px * real.sz;
    expect(flip.fee / 1e6).toBe(real.fee);
    // 2.5 basis points: 1.5 of a maker and 1 of the builder.
    expect((1e4 * real.fee) / notional).toBeCloseTo(2.5, 3);
    expect((1e4 * (real.fee - real.builderFee)) / notional).toBeCloseTo(1.5, 3);
    expect((1e4 * real.builderFee) / notional).toBeCloseTo(1, 3);
    const book = new EpisodeBook();
    const { gross, ended } = book.apply(flip);
    expect((gross ?? 0) / 1e6).toBe(real.closedPnl);
    expect(real.px - real.closedPnl / real.startPosition).toBeCloseTo(real.impliedEntry, 6);
    // Whole micro-dollars, which add up to the fee.
    expect((ended[0]?.fees ?? 0) / 1e6).toBeCloseTo(real.feeClose, 6);
    expect((book.open(1)?.fees ?? 0) / 1e6).toBeCloseTo(real.feeOpen, 6);
    expect((ended[0]?.fees ?? 0) + (book.open(1)?.fees ?? 0)).toBe(19_785);
  });

  it('have a PnL without fees: none at all where a position opens', () => {
    const book = new EpisodeBook();
    expect(book.apply(one({ fee: '0.009997', closedPnl: '0.0' })).gross).toBe(0);
    expect([book.open(1)?.fees, book.mismatches]).toEqual([9_997, 0]);
  });

  it('are forced only where the mark names the owner', () => {
    const mark = (liquidatedUser: string) => ({
      liquidation: { liquidatedUser, markPx: '1', method: 'market' },
    });
    expect(one({ dir: 'Open Short', ...mark(other) }).cause).toBe('order');
    expect(one({ dir: 'Close Long', ...mark(me.toUpperCase().replace('X', 'x')) }).cause).toBe('liquidation');
    expect(one({ dir: 'Liquidated Cross Long' }).cause).toBe('liquidation');
    expect(one({ dir: 'Auto-Deleveraging', ...mark(other) }).cause).toBe('adl');
    expect(one({ dir: 'Settlement' }).cause).toBe('settlement');
  });
});
