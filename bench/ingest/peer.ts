/** ccxt.pro as the peer: its own parsing and trade cache for each frame, without positions and without a database. */
import ccxt from 'ccxt';
import { COINS, coinName, SIZE_DECIMALS } from './frames.ts';

interface TradesHandler {
  handleTrades(client: unknown, message: unknown): void;
}

/** Takes one frame as ccxt.pro's `watchTrades` does after the socket. */
export function ccxtPeer(): (frame: Buffer) => void {
  const exchange = new ccxt.pro.hyperliquid();
  const markets = Array.from({ length: COINS }, (_, index) => {
    const base = coinName(index);
    return exchange.safeMarketStructure({
      id: String(index),
      symbol: `${base}/USDC:USDC`,
      base,
      quote: 'USDC',
      settle: 'USDC',
      baseId: String(index),
      type: 'swap',
      swap: true,
      contract: true,
      linear: true,
      contractSize: 1,
      precision: { amount: 10 ** -SIZE_DECIMALS, price: 1e-4 },
    });
  });
  exchange.setMarkets(markets as never);
  const client = { resolve: () => undefined };
  const handler = exchange as unknown as TradesHandler;
  return (frame) => handler.handleTrades(client, JSON.parse(frame.toString()));
}
