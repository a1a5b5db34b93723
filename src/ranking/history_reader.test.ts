/** How the account is read by its mode; everything else of readPast is tested against the simulated exchange. */
import { expect, it } from 'vitest';
import { parseAddress } from '../domain/address.ts';
import { CoinTable } from '../domain/listed_coin.ts';
import type { InfoRequest } from '../hyperliquid/info/request.ts';
import type { InfoClient } from '../hyperliquid/transport.ts';
import { readPast } from './history_reader.ts';

const USDC = { coin: 'USDC', token: 0, total: '1000.0', hold: '0.0' };
const HYPE = { coin: 'HYPE', token: 150, total: '3.0', hold: '0.0' };
const btc = { id: 7, dex: '', name: 'BTC', symbol: 'BTC', sizeDecimals: 5 };
const summary = {
  accountValue: '25.0',
  totalNtlPos: '525.0',
  totalRawUsd: '-500.0',
  totalMarginUsed: '50.0',
};
/** Bought for 500, worth 525. */
const position = {
  coin: 'BTC',
  szi: '0.005',
  entryPx: '100000.0',
  positionValue: '525.0',
  unrealizedPnl: '25.0',
  liquidationPx: null,
  marginUsed: '50.0',
  leverage: { type: 'cross', value: 10 },
};
const history = (value: string) => ({ accountValueHistory: [[5, value]], pnlHistory: [] });

interface Venue {
  readonly mode: string;
  readonly balances?: readonly unknown[];
  readonly ledger?: readonly unknown[];
}

async function read({ mode, balances = [USDC], ledger = [] }: Venue) {
  const answers: Readonly<Record<string, unknown>> = {
    clearinghouseState: {
      marginSummary: summary,
      crossMarginSummary: summary,
      withdrawable: '0.0',
      assetPositions: [{ position }],
      time: 10,
    },
    spotClearinghouseState: { balances },
    userNonFundingLedgerUpdates: ledger,
    portfolio: [
      ['day', history('1001.0')],
      ['perpDay', history('0.0')],
    ],
  };
  const asked: string[] = [];
  const info: InfoClient = {
    ask: async <Answer>({ body, schema }: InfoRequest<Answer>) => {
      const type = String((body as { readonly type: unknown }).type);
      asked.push(type);
      return schema.parse(answers[type] ?? []) as Answer;
    },
  };
  const past = await readPast(
    {
      info,
      coins: new CoinTable([btc]),
      signal: new AbortController().signal,
      keeper: { load: async () => undefined, keep: async () => undefined },
      archive: { before: async () => [] },
      mode: async () => mode,
    },
    parseAddress(`0x${'a'.repeat(40)}`),
    0,
  );
  return { past, asked };
}

it('takes the equity from the margin summary of a plain account, and never asks for its spot balance', async () => {
  for (const mode of ['disabled', 'default', 'dexAbstraction']) {
    const { past, asked } = await read({ mode });
    expect(past.state).toMatchObject({ equity: 25e6, cash: -500e6, unrealised: 25e6 });
    expect(past.checks).toEqual([{ time: 5, equity: 0 }]);
    expect(asked).not.toContain('spotClearinghouseState');
  }
});

it('takes it from the USDC balance of a unified account, and holds it against the whole portfolio', async () => {
  for (const mode of ['unifiedAccount', 'portfolioMargin']) {
    const { past, asked } = await read({ mode });
    expect(past.state).toMatchObject({ equity: 1_025e6, cash: 500e6, unrealised: 25e6 });
    expect([...past.state.positions]).toEqual([[7, 500]]);
    expect(past.checks).toEqual([{ time: 5, equity: 1_001e6 }]);
    expect(past.otherCollateral).toBe(false);
    // Nothing lies between balance and positions.
    expect(asked.slice(0, 2)).toEqual(['spotClearinghouseState', 'clearinghouseState']);
  }
});

it('compares nothing with a portfolio that has more in it, and says when that more is collateral', async () => {
  const balances = [HYPE, USDC];
  const unified = await read({ mode: 'unifiedAccount', balances });
  expect(unified.past).toMatchObject({ checks: [], otherCollateral: false });
  expect(unified.past.state.equity).toBe(1_025e6);
  expect((await read({ mode: 'portfolioMargin', balances })).past).toMatchObject({
    checks: [],
    otherCollateral: true,
  });
  const vault = { time: 3, hash: '0x1', delta: { type: 'vaultDeposit', vault: '0x2', usdc: '5.0' } };
  const shares = await read({ mode: 'unifiedAccount', ledger: [vault] });
  expect(shares.past.checks).toEqual([]);
  expect(shares.past.flows.rows).toEqual([{ time: 3, amount: -5e6 }]);
});
