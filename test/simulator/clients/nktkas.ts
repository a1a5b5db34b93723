/** @nktkas/hyperliquid 0.32.2, unmodified: HTTP transport for requests, WebSocket transport for subscriptions. */
import {
  ApiRequestError,
  ExchangeClient,
  HttpRequestError,
  HttpTransport,
  InfoClient,
  SubscriptionClient,
  WebSocketTransport,
} from '@nktkas/hyperliquid';
import WebSocket from 'ws';
import type { VenueWorld } from '../venue_world.ts';
import { check, type Driver, type OpenDriver, refused, type Steps, testAccount } from './driver.ts';
import { eachRefusal, whileDown } from './forced_refusals.ts';

const BTC = 0;
const cloidOf = (n: number) => `0x${n.toString(16).padStart(32, '0')}` as `0x${string}`;

/** The first value that a subscription delivers and that fits. */
function first<T>(
  subscribe: (listener: (data: T) => void) => Promise<unknown>,
  fits: (data: T) => boolean = () => true,
): { received: Promise<T>; ready: Promise<unknown> } {
  let ready: Promise<unknown> = Promise.resolve();
  const received = new Promise<T>((resolve) => {
    ready = subscribe((data) => {
      if (fits(data)) resolve(data);
    });
  });
  return { received, ready };
}

export const openNktkas: OpenDriver = async (world) => {
  const account = testAccount(0x21);
  const user = account.address.toLowerCase() as `0x${string}`;
  await world.deposit(user, 50_000);
  const transport = new HttpTransport({ apiUrl: world.server.url });
  const socket = new WebSocketTransport({
    url: world.server.websocketUrl,
    reconnect: { WebSocket: WebSocket as never },
  });
  const info = new InfoClient({ transport });
  const exchange = new ExchangeClient({ transport, wallet: account as never });
  const feed = new SubscriptionClient({ transport: socket });
  const mid = Number((await info.allMids())['BTC']);
  const below = String(Math.round(mid * 0.9));
  const order = (rest: object = {}) =>
    ({ a: BTC, b: true, p: below, s: '0.001', r: false, t: { limit: { tif: 'Gtc' } }, ...rest }) as const;
  const place = (rest: object = {}) => exchange.order({ orders: [order(rest) as never] });
  const market = (b: boolean, s: string, r = false) =>
    place({ b, s, r, p: String(Math.round(mid * (b ? 1.05 : 0.95))), t: { limit: { tif: 'Ioc' } } });
  const restingOid = async (rest: object = {}): Promise<number> => {
    const [status] = (await place(rest)).response.data.statuses;
    check(typeof status === 'object' && 'resting' in status, `not resting: ${JSON.stringify(status)}`);
    return status.resting.oid;
  };
  const parts = { info, exchange, feed, transport, user, mid, order, place, market, restingOid };
  const steps: Steps = {
    ...readingSteps(parts),
    ...orderSteps(parts),
    ...positionSteps(parts),
    ...subscriptionSteps(parts),
    ...refusalSteps(world, parts),
    notOffered: {},
  };
  return { name: '@nktkas/hyperliquid 0.32.2', steps, close: () => socket.close() } satisfies Driver;
};

interface Parts {
  readonly info: InfoClient;
  readonly exchange: ExchangeClient;
  readonly feed: SubscriptionClient;
  readonly transport: HttpTransport;
  readonly user: `0x${string}`;
  /** Of BTC, USD. */
  readonly mid: number;
  readonly order: (rest?: object) => object;
  readonly place: (rest?: object) => ReturnType<ExchangeClient['order']>;
  readonly market: (buys: boolean, size: string, reduceOnly?: boolean) => ReturnType<ExchangeClient['order']>;
  readonly restingOid: (rest?: object) => Promise<number>;
}

function readingSteps({ info, user }: Parts): Partial<Steps> {
  return {
    'load markets': async () => {
      const [meta, contexts] = await info.metaAndAssetCtxs();
      check(meta.universe.length === contexts.length, 'contexts are aligned');
      await info.allPerpMetas();
      await info.perpDexs();
      await info.spotMeta();
    },
    'read state': async () => {
      const state = await info.clearinghouseState({ user });
      check(Number(state.marginSummary.accountValue) > 0, 'the account has value');
      await Promise.all([
        info.spotClearinghouseState({ user }),
        info.openOrders({ user }),
        info.frontendOpenOrders({ user }),
        info.userFills({ user }),
        info.userFees({ user }),
        info.portfolio({ user }),
        info.userRateLimit({ user }),
        info.historicalOrders({ user }),
        info.userRole({ user }),
        info.candleSnapshot({ coin: 'BTC', interval: '1m', startTime: Date.now() - 3_600_000 }),
      ]);
    },
  };
}

function orderSteps({ info, exchange, user, order, restingOid }: Parts): Partial<Steps> {
  return {
    place: async () => {
      const oid = await restingOid();
      const found = await info.orderStatus({ user, oid });
      check(found.status === 'order' && found.order.status === 'open', 'the order is open');
      await exchange.cancel({ cancels: [{ a: BTC, o: oid }] });
    },
    modify: async () => {
      const oid = await restingOid({ c: cloidOf(1) });
      await exchange.modify({ oid, order: order({ s: '0.002', c: cloidOf(1) }) as never });
      const moved = (await info.openOrders({ user })).find((each) => each.cloid === cloidOf(1));
      check(moved?.sz === '0.002' && moved.oid !== oid, `modified to a new order: ${JSON.stringify(moved)}`);
      await exchange.cancel({ cancels: [{ a: BTC, o: moved.oid }] });
    },
    cancel: async () => {
      const oid = await restingOid();
      const answer = await exchange.cancel({ cancels: [{ a: BTC, o: oid }] });
      check(answer.response.data.statuses[0] === 'success', 'cancelled');
    },
    'cancel by cloid': async () => {
      await restingOid({ c: cloidOf(2) });
      const answer = await exchange.cancelByCloid({ cancels: [{ asset: BTC, cloid: cloidOf(2) }] });
      check(answer.response.data.statuses[0] === 'success', 'cancelled');
    },
  };
}

function positionSteps({
  info,
  exchange,
  transport,
  user,
  mid,
  order,
  place,
  market,
}: Parts): Partial<Steps> {
  return {
    'market order': async () => {
      const [status] = (await market(true, '0.002')).response.data.statuses;
      check(typeof status === 'object' && 'filled' in status && status.filled.totalSz === '0.002', 'filled');
    },
    'reduce-only': async () => {
      await market(true, '0.002');
      const before = await sizeOf(info, user);
      await market(false, '0.001', true);
      check(Math.abs(before - (await sizeOf(info, user)) - 0.001) < 1e-9, 'the position shrank');
    },
    trigger: async () => {
      await market(true, '0.002');
      const triggerPx = String(Math.round(mid * 0.8));
      const trigger = { trigger: { isMarket: true, triggerPx, tpsl: 'sl' } };
      await place({ b: false, r: true, s: '0.002', p: triggerPx, t: trigger });
      const stop = (await info.frontendOpenOrders({ user })).find((each) => each.isTrigger);
      check(stop?.orderType === 'Stop Market', `a stop rests: ${JSON.stringify(stop)}`);
      await exchange.cancel({ cancels: [{ a: BTC, o: stop.oid }] });
    },
    leverage: async () => {
      await exchange.updateLeverage({ asset: BTC, isCross: true, leverage: 7 });
      const data = await info.activeAssetData({ user, coin: 'BTC' });
      check(data.leverage.value === 7, 'leverage is set');
    },
    'agent approval and trading': async () => {
      const agent = testAccount(0x22);
      await exchange.approveAgent({ agentAddress: agent.address as `0x${string}`, agentName: 'nk' });
      check(
        (await info.extraAgents({ user })).some((each) => each.name === 'nk'),
        'the agent is listed',
      );
      const byAgent = new ExchangeClient({ transport, wallet: agent as never });
      const answer = await byAgent.order({ orders: [order() as never] });
      const [status] = answer.response.data.statuses;
      check(typeof status === 'object' && 'resting' in status, 'the agent traded');
      await byAgent.cancel({ cancels: [{ a: BTC, o: status.resting.oid }] });
    },
  };
}

function subscriptionSteps({ exchange, feed, user, market, restingOid }: Parts): Partial<Steps> {
  return {
    'subscribe trades': async () => {
      const { received, ready } = first<{ users: unknown[] }[]>((listener) =>
        feed.trades({ coin: 'BTC' }, listener),
      );
      await ready;
      await market(true, '0.001');
      check((await received)[0]?.users.length === 2, 'a trade names both users');
    },
    'subscribe bbo': async () => {
      const { received, ready } = first<{ bbo: unknown }>((listener) => feed.bbo({ coin: 'BTC' }, listener));
      await ready;
      await market(true, '0.001');
      check(Array.isArray((await received).bbo), 'bbo is a pair');
    },
    'subscribe l2Book': async () => {
      const { received } = first<{ levels: unknown[][] }>((listener) =>
        feed.l2Book({ coin: 'BTC' }, listener),
      );
      check((await received).levels[0]?.length, 'the book has bids');
    },
    'subscribe userFills': async () => {
      const { received, ready } = first<{ isSnapshot?: boolean; fills: { crossed: boolean }[] }>(
        (listener) => feed.userFills({ user }, listener),
        (data) => data.isSnapshot !== true,
      );
      await ready;
      await market(true, '0.001');
      check((await received).fills[0]?.crossed, 'the taker crossed');
    },
    'subscribe orderUpdates': async () => {
      const { received, ready } = first<{ status: string }[]>((listener) =>
        feed.orderUpdates({ user }, listener),
      );
      await ready;
      const oid = await restingOid();
      check((await received)[0]?.status === 'open', 'the order is open');
      await exchange.cancel({ cancels: [{ a: BTC, o: oid }] });
    },
  };
}

async function sizeOf(info: InfoClient, user: `0x${string}`): Promise<number> {
  const { assetPositions } = await info.clearinghouseState({ user });
  return Number(assetPositions.find(({ position }) => position.coin === 'BTC')?.position.szi ?? 0);
}

function refusalSteps(
  world: VenueWorld,
  { info: reader, place, exchange, transport, order, mid, user }: Parts,
): Partial<Steps> {
  return {
    'refusal: every known text': () =>
      eachRefusal(world, user, (text) => refused(() => place(), ApiRequestError, text)),
    'refusal: server down': () =>
      whileDown(world, async () => {
        await refused(() => reader.meta(), HttpRequestError, /502/);
        await refused(() => place(), HttpRequestError, /502/);
      }),
    'refusal: minimum value': () =>
      refused(() => place({ s: '0.00005' }), ApiRequestError, /Order must have minimum value of \$10/),
    'refusal: margin': () =>
      refused(() => place({ s: '400' }), ApiRequestError, /Insufficient margin to place order/),
    'refusal: post only': () =>
      refused(
        () => place({ p: String(Math.round(mid * 1.02)), t: { limit: { tif: 'Alo' } } }),
        ApiRequestError,
        /Post only order would have immediately matched, bbo was/,
      ),
    'refusal: unknown order': () =>
      refused(
        () => exchange.cancel({ cancels: [{ a: BTC, o: 1 }] }),
        ApiRequestError,
        /Order was never placed, already canceled, or filled/,
      ),
    'refusal: reduce only': () =>
      refused(
        () => place({ a: 1, r: true, p: '1000', s: '0.1' }),
        ApiRequestError,
        /Reduce only order would increase position/,
      ),
    'refusal: unknown signer': () => {
      const stranger = new ExchangeClient({ transport, wallet: testAccount(0x2f) as never });
      return refused(
        () => stranger.order({ orders: [order() as never] }),
        ApiRequestError,
        /User or API Wallet 0x[0-9a-f]{40} does not exist/,
      );
    },
    'refusal: rate limit': async () => {
      const busy = await world.limitedServer();
      const info = new InfoClient({ transport: new HttpTransport({ apiUrl: busy.url }) });
      await refused(() => info.meta(), HttpRequestError, /429/);
    },
  };
}
