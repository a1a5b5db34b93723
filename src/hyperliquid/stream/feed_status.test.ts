import { expect, test } from 'vitest';
import type { FeedConnection } from './connection.ts';
import { type CoinState, isRefused, wholeUntil } from './feed_status.ts';
import { Subscriptions } from './subscriptions.ts';

const NOW = 1_000;

/** A connection that wants these coins; its newest trade came at `latestTime`. */
function connectionOf(symbols: readonly string[], latestTime?: number): FeedConnection {
  const subscriptions = new Subscriptions();
  subscriptions.want(symbols);
  return { subscriptions, latestTime } as unknown as FeedConnection;
}

const coinOn = (connection: FeedConnection, symbol: string, phase: CoinState['phase']): CoinState => ({
  coin: { id: 1, dex: '', name: symbol, symbol, sizeDecimals: 2 },
  connection,
  phase,
  since: 0,
  held: undefined,
  coveredUntil: undefined,
});

test('the feed is whole as far as the slowest connection has told, while every coin is live', () => {
  const [fast, slow] = [connectionOf(['BTC'], 50), connectionOf(['ETH'], 30)];
  const btc = coinOn(fast, 'BTC', 'live');
  const eth = coinOn(slow, 'ETH', 'live');
  expect(wholeUntil([btc, eth], [fast, slow])).toBe(30);
  for (const phase of ['down', 'replay', 'closing'] as const)
    expect(wholeUntil([btc, { ...eth, phase }], [fast, slow])).toBeUndefined();
});

test('coins that the venue refuses do not keep the others from being whole', () => {
  const [one, other] = [connectionOf(['BTC', 'ETH'], 50), connectionOf(['SOL'])];
  const states = [coinOn(one, 'BTC', 'live'), coinOn(one, 'ETH', 'down'), coinOn(other, 'SOL', 'down')];
  const whole = () => wholeUntil(states, [one, other]);
  one.subscriptions.refuse('ETH', NOW);
  expect(whole()).toBeUndefined();
  other.subscriptions.refuse('SOL', NOW);
  expect(whole()).toBe(50);
  expect(states.filter(isRefused).map(({ coin }) => coin.symbol)).toEqual(['ETH', 'SOL']);
  // One that is let in after all has something to catch up on.
  one.subscriptions.acknowledge('ETH');
  expect(whole()).toBeUndefined();
  // So may have all of a new connection.
  one.subscriptions.refuse('ETH', NOW);
  one.subscriptions.reset();
  expect(whole()).toBeUndefined();
});
