/** Which exchange stands behind the numbers. A simulated number must never look like a real one. */
import { hello, latestStats } from '../live/feed.ts';
import { useStore } from '../live/store.ts';

export type Mode = 'connecting' | 'simulated' | 'testnet' | 'mainnet';

export const MODE_TEXT: Readonly<Record<Mode, string>> = {
  connecting: 'Connecting',
  simulated: 'SIMULATED EXCHANGE: prices and fills are generated',
  testnet: 'TESTNET: real software, play money \u00b7 watching only',
  mainnet: 'HYPERLIQUID MAINNET: real market data \u00b7 watching only',
};

export const TITLE_PREFIX: Readonly<Record<Mode, string>> = {
  connecting: '',
  simulated: '[SIM] ',
  testnet: '[TEST] ',
  mainnet: '',
};

export function useMode(): Mode {
  const greeting = useStore(hello);
  const stats = useStore(latestStats)?.stats;
  const said = stats ?? greeting;
  if (said === undefined || said === null) return 'connecting';
  if (said.simulated || said.network === 'simulator') return 'simulated';
  return said.network;
}
