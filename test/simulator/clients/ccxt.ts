/** ccxt, unmodified: REST by its plain class, streams by its pro class. */
import ccxt, { type hyperliquid } from 'ccxt';
import type { VenueWorld } from '../venue_world.ts';
import {
  check,
  type Driver,
  type OpenDriver,
  refused,
  type Steps,
  type TestAccount,
  testAccount,
} from './driver.ts';
import { eachRefusal, whileDown } from './forced_refusals.ts';

const SYMBOL = 'BTC/USDC:USDC';
const cloidOf = (n: number) => `0x${n.toString(16).padStart(32, '0')}`;

function configure<T extends hyperliquid>(exchange: T, world: VenueWorld, url = world.server.url): T {
  exchange.urls['api'] = {
    public: url,
    private: url,
    ws: { public: world.server.websocketUrl },
  };
  return exchange;
}

const credentials = (account: TestAccount, walletAddress = account.address) => ({
  privateKey: account.privateKey,
  walletAddress,
  enableRateLimit: false,
});

/** Opens plain ccxt: the streams are not part of it. */
export const openCcxt: OpenDriver = async (world) => {
  const account = testAccount(0x41);
  await world.deposit(account.address, 50_000);
  const exchange = configure(new ccxt.hyperliquid(credentials(account)), world);
  const steps: Steps = {
    ...(await tradingSteps(exchange, { account, agent: testAccount(0x43), world })),
    notOffered: Object.fromEntries(
      ['trades', 'bbo', 'l2Book', 'userFills', 'orderUpdates'].map((channel) => [
        `subscribe ${channel}`,
        'streams are in ccxt pro',
      ]),
    ),
  };
  return { name: 'ccxt 4.5.84', steps, close: async () => undefined } satisfies Driver;
};

/** Opens ccxt pro: the same interface plus streams, and orders over the WebSocket. */
export const openCcxtPro: OpenDriver = async (world) => {
  const account = testAccount(0x42);
  await world.deposit(account.address, 50_000);
  const exchange = configure(new ccxt.pro.hyperliquid(credentials(account)), world);
  // What this client asks for where the stream's address is ws:// and not wss://.
  await exchange.loadHttpProxyAgent();
  const trading = await tradingSteps(exchange, { account, agent: testAccount(0x44), world });
  const mid = (await exchange.fetchTicker(SYMBOL)).last ?? 0;
  const market = () => exchange.createOrderWs(SYMBOL, 'market', 'buy', 0.001, mid);
  const steps: Steps = {
    ...trading,
    'subscribe trades': async () => {
      const trades = exchange.watchTrades(SYMBOL);
      await market();
      check((await trades)[0]?.symbol === SYMBOL, 'a trade arrived');
    },
    'subscribe bbo': async () => {
      const ticker = exchange.watchTicker(SYMBOL);
      await market();
      check(((await ticker).last ?? 0) > 0, 'a ticker arrived');
    },
    'subscribe l2Book': async () =>
      check((await exchange.watchOrderBook(SYMBOL)).bids.length > 0, 'the book has bids'),
    'subscribe userFills': async () => {
      const fills = exchange.watchMyTrades(SYMBOL);
      await market();
      const [fill] = await fills;
      check(fill !== undefined && (fill.info as { crossed?: boolean }).crossed === true, 'the taker crossed');
    },
    'subscribe orderUpdates': async () => {
      const orders = exchange.watchOrders(SYMBOL);
      const placed = await exchange.createOrderWs(SYMBOL, 'limit', 'buy', 0.001, Math.round(mid * 0.9));
      check((await orders)[0]?.status !== undefined, 'an update arrived');
      await exchange.cancelOrderWs(String(placed.id), SYMBOL);
    },
    notOffered: {},
  };
  return {
    name: 'ccxt pro 4.5.84',
    steps,
    close: async () => void (await exchange.close()),
  } satisfies Driver;
};

interface TradingParts {
  readonly account: TestAccount;
  readonly agent: TestAccount;
  readonly world: VenueWorld;
}

async function tradingSteps(exchange: hyperliquid, parts: TradingParts): Promise<Partial<Steps>> {
  const { account, world } = parts;
  await exchange.loadMarkets();
  const mid = (await exchange.fetchTicker(SYMBOL)).last ?? 0;
  const low = Math.round(mid * 0.9);
  const limit = (size = 0.001, params = {}, price = low) =>
    exchange.createOrder(SYMBOL, 'limit', 'buy', size, price, params);
  const market = (side: 'buy' | 'sell', size: number, params = {}) =>
    exchange.createOrder(SYMBOL, 'market', side, size, mid, params);
  const contracts = async (): Promise<number> => {
    const [position] = await exchange.fetchPositions([SYMBOL]);
    return position?.contracts ?? 0;
  };
  return {
    'load markets': async () => {
      const markets = await exchange.loadMarkets(true);
      check(markets[SYMBOL]?.precision.amount === 0.00001, 'decimals are known');
    },
    'read state': async () => {
      const balance = await exchange.fetchBalance();
      check((balance['USDC']?.total ?? 0) > 0, 'the account has value');
      await exchange.fetchMyTrades(SYMBOL);
      await exchange.fetchOpenOrders(SYMBOL);
      await exchange.fetchOrders(SYMBOL);
      await exchange.fetchOrderBook(SYMBOL);
      await exchange.fetchTrades(SYMBOL, undefined, undefined, { user: account.address });
      await exchange.fetchOHLCV(SYMBOL, '1m');
      await exchange.fetchFundingRates();
      await exchange.fetchTradingFee(SYMBOL);
    },
    place: async () => {
      const placed = await limit();
      const found = await exchange.fetchOrder(String(placed.id), SYMBOL);
      check(found.status === 'open', 'the order is open');
      await exchange.cancelOrder(String(placed.id), SYMBOL);
    },
    modify: async () => {
      const placed = await limit(0.001, { clientOrderId: cloidOf(1) });
      await exchange.editOrder(String(placed.id), SYMBOL, 'limit', 'buy', 0.002, low, {
        clientOrderId: cloidOf(1),
      });
      const [moved] = await exchange.fetchOpenOrders(SYMBOL);
      check(moved?.amount === 0.002 && moved.id !== String(placed.id), `modified: ${JSON.stringify(moved)}`);
      await exchange.cancelOrder(String(moved.id), SYMBOL);
    },
    cancel: async () => {
      const placed = await limit();
      await exchange.cancelOrder(String(placed.id), SYMBOL);
      check((await exchange.fetchOpenOrders(SYMBOL)).length === 0, 'no order is left');
    },
    'cancel by cloid': async () => {
      await limit(0.001, { clientOrderId: cloidOf(2) });
      await exchange.cancelOrder('', SYMBOL, { clientOrderId: cloidOf(2) });
      check((await exchange.fetchOpenOrders(SYMBOL)).length === 0, 'no order is left');
    },
    ...positionSteps(exchange, parts, { low, mid, market, contracts }),
    ...refusalSteps(exchange, world, { limit, low, mid }),
  };
}

interface PositionParts {
  readonly low: number;
  readonly mid: number;
  readonly market: (side: 'buy' | 'sell', size: number, params?: object) => Promise<{ id?: unknown }>;
  /** Size of the position in BTC. */
  readonly contracts: () => Promise<number>;
}

function positionSteps(
  exchange: hyperliquid,
  parts: TradingParts,
  { low, mid, market, contracts }: PositionParts,
): Partial<Steps> {
  const { account, world } = parts;
  return {
    'market order': async () => {
      const before = await contracts();
      await market('buy', 0.002);
      check(Math.abs((await contracts()) - before - 0.002) < 1e-9, 'filled');
    },
    'reduce-only': async () => {
      await market('buy', 0.002);
      const before = await contracts();
      await market('sell', 0.001, { reduceOnly: true });
      check(Math.abs(before - (await contracts()) - 0.001) < 1e-9, 'the position shrank');
    },
    trigger: async () => {
      await market('buy', 0.002);
      const stop = await market('sell', 0.002, { stopLossPrice: Math.round(mid * 0.8), reduceOnly: true });
      const [open] = await exchange.fetchOpenOrders(SYMBOL);
      check(open?.triggerPrice === Math.round(mid * 0.8), `a stop rests: ${JSON.stringify(open)} ${stop.id}`);
      await exchange.cancelOrder(String(open.id), SYMBOL);
    },
    leverage: async () => {
      await exchange.setLeverage(7, SYMBOL, { marginMode: 'cross' });
      check(await exchange.setMarginMode('isolated', 'ETH/USDC:USDC', { leverage: 3 }), 'the mode is set');
    },
    'agent approval and trading': async () => {
      const { agent } = parts;
      await approveAgent(exchange, agent.address);
      const byAgent = configure(new ccxt.hyperliquid(credentials(agent, account.address)), world);
      const placed = await byAgent.createOrder(SYMBOL, 'limit', 'buy', 0.001, low);
      await byAgent.cancelOrder(String(placed.id), SYMBOL);
    },
  };
}

/** ccxt has no method for it; its own signer makes the typed-data signature. */
async function approveAgent(exchange: hyperliquid, agentAddress: string): Promise<void> {
  const nonce = exchange.milliseconds();
  const message = { hyperliquidChain: 'Mainnet', agentAddress, agentName: '', nonce };
  const signature = exchange.signUserSignedAction(
    {
      'HyperliquidTransaction:ApproveAgent': [
        { name: 'hyperliquidChain', type: 'string' },
        { name: 'agentAddress', type: 'address' },
        { name: 'agentName', type: 'string' },
        { name: 'nonce', type: 'uint64' },
      ],
    },
    message,
  );
  const action = { type: 'approveAgent', signatureChainId: '0x66eee', ...message };
  await (exchange as unknown as { privatePostExchange(body: object): Promise<unknown> }).privatePostExchange({
    action,
    nonce,
    signature,
  });
}

interface RefusalParts {
  readonly limit: (size?: number, params?: object, price?: number) => Promise<unknown>;
  readonly low: number;
  readonly mid: number;
}

function refusalSteps(
  exchange: hyperliquid,
  world: VenueWorld,
  { limit, low, mid }: RefusalParts,
): Partial<Steps> {
  return {
    'refusal: every known text': () =>
      eachRefusal(world, exchange.walletAddress, (text) => refused(() => limit(), ccxt.BaseError, text)),
    'refusal: server down': () =>
      whileDown(world, async () => {
        await refused(() => exchange.fetchMarkets(), ccxt.NetworkError, /502/);
        await refused(() => limit(), ccxt.NetworkError, /502/);
      }),
    'refusal: minimum value': () => refused(() => limit(0.00005), ccxt.InvalidOrder, /minimum value of \$10/),
    'refusal: margin': () =>
      refused(() => limit(400), ccxt.InsufficientFunds, /Insufficient margin to place order/),
    'refusal: post only': () =>
      refused(
        () => limit(0.001, { postOnly: true }, Math.round(mid * 1.02)),
        ccxt.InvalidOrder,
        /Post only order would have immediately matched/,
      ),
    'refusal: unknown order': () =>
      refused(
        () => exchange.cancelOrder('1', SYMBOL),
        ccxt.OrderNotFound,
        /never placed, already canceled, or filled/,
      ),
    'refusal: reduce only': () =>
      refused(
        () => exchange.createOrder('ETH/USDC:USDC', 'limit', 'buy', 0.1, 1000, { reduceOnly: true }),
        ccxt.InvalidOrder,
        /Reduce only order would increase position/,
      ),
    'refusal: unknown signer': () => {
      const stranger = configure(new ccxt.hyperliquid(credentials(testAccount(0x4f))), world);
      return refused(
        () => stranger.createOrder(SYMBOL, 'limit', 'buy', 0.001, low),
        ccxt.InvalidOrder,
        /User or API Wallet 0x[0-9a-f]{40} does not exist/,
      );
    },
    'refusal: rate limit': async () => {
      const busy = configure(new ccxt.hyperliquid({}), world, (await world.limitedServer()).url);
      await refused(() => busy.fetchMarkets(), ccxt.NetworkError, /429/);
    },
  };
}
