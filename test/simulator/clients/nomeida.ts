/** npm `hyperliquid` 1.7.7, unmodified. It hands refusals in HTTP 200 answers to its caller as they are. */
import { createRequire } from 'node:module';
import type { OrderRequest, Hyperliquid as Sdk } from 'hyperliquid';
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

// The ESM build of this client cannot load on Node: it calls require. Its CommonJS build is the one in use.
const { Hyperliquid, BASE_URLS, WSS_URLS } = createRequire(import.meta.url)('hyperliquid') as {
  Hyperliquid: new (options: object) => Sdk;
  BASE_URLS: Record<string, string>;
  WSS_URLS: Record<string, string>;
};

interface Status {
  resting?: { oid: number };
  filled?: { totalSz: string; oid: number };
  error?: string;
}
interface Answer {
  status: string;
  response: string | { data: { statuses: (Status | string)[] } };
}

const statusOf = (answer: Answer): Status | string =>
  typeof answer.response === 'string' ? answer.response : (answer.response.data.statuses[0] ?? '');

function errorText(answer: Answer): string {
  const status = statusOf(answer);
  return typeof status === 'string' ? status : (status.error ?? JSON.stringify(status));
}

const cloidOf = (n: number) => `0x${n.toString(16).padStart(32, '0')}`;

/** The client has no address option: its exported table of addresses is read when it is constructed. */
function construct(world: VenueWorld, url: string, account: TestAccount, options: object = {}): Sdk {
  BASE_URLS['PRODUCTION'] = url;
  WSS_URLS['PRODUCTION'] = world.server.websocketUrl;
  return new Hyperliquid({
    privateKey: account.privateKey,
    enableWs: false,
    disableAssetMapRefresh: true,
    ...options,
  });
}

export const openNomeida: OpenDriver = async (world) => {
  const account = testAccount(0x31);
  const user = account.address.toLowerCase();
  await world.deposit(user, 50_000);
  const sdk = construct(world, world.server.url, account, { enableWs: true });
  await sdk.connect();
  const mid = Number((await sdk.info.getAllMids())['BTC-PERP']);
  const order = (rest: Partial<OrderRequest> = {}): OrderRequest => ({
    coin: 'BTC-PERP',
    is_buy: true,
    sz: 0.001,
    limit_px: Math.round(mid * 0.9),
    order_type: { limit: { tif: 'Gtc' } },
    reduce_only: false,
    ...rest,
  });
  const place = (rest: Partial<OrderRequest> = {}): Promise<Answer> => sdk.exchange.placeOrder(order(rest));
  const market = (is_buy: boolean, sz: number, reduce_only = false) =>
    place({
      is_buy,
      sz,
      reduce_only,
      limit_px: Math.round(mid * (is_buy ? 1.05 : 0.95)),
      order_type: { limit: { tif: 'Ioc' } },
    });
  const restingOid = async (rest: Partial<OrderRequest> = {}): Promise<number> => {
    const status = statusOf(await place(rest));
    check(typeof status === 'object' && status.resting, `not resting: ${JSON.stringify(status)}`);
    return status.resting.oid;
  };
  const cancel = async (o: number): Promise<string> =>
    JSON.stringify(statusOf((await sdk.exchange.cancelOrder({ coin: 'BTC-PERP', o })) as unknown as Answer));
  const position = async (): Promise<number> => {
    const state = await sdk.info.perpetuals.getClearinghouseState(user);
    return Number(state.assetPositions[0]?.position.szi ?? 0);
  };

  const parts = { world, sdk, user, mid, order, place, market, restingOid, cancel, position };
  const steps: Steps = {
    ...orderSteps(parts),
    ...positionSteps(parts),
    ...subscriptionSteps(parts),
    ...refusalSteps(parts),
    notOffered: { 'subscribe bbo': 'the client has no bbo subscription' },
  };
  return {
    name: 'hyperliquid 1.7.7',
    steps,
    close: async () => sdk.disconnect(),
  } satisfies Driver;
};

interface Parts {
  readonly world: VenueWorld;
  readonly sdk: Sdk;
  readonly user: string;
  /** Of BTC, USD. */
  readonly mid: number;
  readonly order: (rest?: Partial<OrderRequest>) => OrderRequest;
  readonly place: (rest?: Partial<OrderRequest>) => Promise<Answer>;
  readonly market: (isBuy: boolean, size: number, reduceOnly?: boolean) => Promise<Answer>;
  readonly restingOid: (rest?: Partial<OrderRequest>) => Promise<number>;
  /** The cancel's status as JSON text. */
  readonly cancel: (oid: number) => Promise<string>;
  /** Signed size in BTC. */
  readonly position: () => Promise<number>;
}

function orderSteps({ sdk, user, order, restingOid, cancel }: Parts): Partial<Steps> {
  return {
    'load markets': async () => {
      const [meta, contexts] = await sdk.info.perpetuals.getMetaAndAssetCtxs();
      check(meta.universe.length === contexts.length, 'contexts are aligned');
      check((await sdk.info.getAllAssets()).perp.includes('BTC-PERP'), 'symbols are loaded');
      await sdk.info.spot.getSpotMeta();
    },
    'read state': async () => {
      const state = await sdk.info.perpetuals.getClearinghouseState(user);
      check(Number(state.marginSummary.accountValue) > 0, 'the account has value');
      await sdk.info.spot.getSpotClearinghouseState(user);
      await sdk.info.getUserFills(user);
      await sdk.info.getFrontendOpenOrders(user);
      await sdk.info.portfolio(user);
      await sdk.info.userFees(user);
    },
    place: async () => {
      const oid = await restingOid();
      const found = (await sdk.info.getOrderStatus(user, oid)) as unknown as { order: { status: string } };
      check(found.order.status === 'open', 'the order is open');
      await cancel(oid);
    },
    modify: async () => {
      const oid = await restingOid();
      await sdk.exchange.modifyOrder(oid, order({ sz: 0.002 }) as never);
      const [moved] = await sdk.info.getUserOpenOrders(user);
      check(
        Number(moved?.sz) === 0.002 && moved !== undefined && moved.oid !== oid,
        `modified to a new order: ${JSON.stringify(moved)}`,
      );
      await cancel(moved.oid);
    },
    cancel: async () => check((await cancel(await restingOid())) === '"success"', 'cancelled'),
    'cancel by cloid': async () => {
      await restingOid({ cloid: cloidOf(2) });
      const answer = await sdk.exchange.cancelOrderByCloid('BTC-PERP', cloidOf(2));
      check(statusOf(answer) === 'success', 'cancelled');
    },
  };
}

function positionSteps({
  world,
  sdk,
  user,
  mid,
  order,
  place,
  market,
  cancel,
  position,
}: Parts): Partial<Steps> {
  return {
    'market order': async () => {
      const answer = (await sdk.custom.marketOpen('BTC-PERP', true, 0.002)) as unknown as Answer;
      const status = statusOf(answer);
      check(typeof status === 'object' && status.filled?.totalSz === '0.002', JSON.stringify(answer));
    },
    'reduce-only': async () => {
      await market(true, 0.002);
      const before = await position();
      await market(false, 0.001, true);
      check(Math.abs(before - (await position()) - 0.001) < 1e-9, 'the position shrank');
    },
    trigger: async () => {
      await market(true, 0.002);
      const px = Math.round(mid * 0.8);
      const type = { trigger: { isMarket: true, triggerPx: px, tpsl: 'sl' as const } };
      await place({ is_buy: false, reduce_only: true, sz: 0.002, limit_px: px, order_type: type as never });
      const stop = (await sdk.info.getFrontendOpenOrders(user)).find((each) => each.isTrigger);
      check(stop?.orderType === 'Stop Market', `a stop rests: ${JSON.stringify(stop)}`);
      await cancel(stop.oid);
    },
    leverage: async () => {
      const answer = (await sdk.exchange.updateLeverage('BTC-PERP', 'cross', 7)) as Answer;
      check(answer.status === 'ok', JSON.stringify(answer));
    },
    'agent approval and trading': async () => {
      const agent = testAccount(0x32);
      const approved = (await sdk.exchange.approveAgent({
        agentAddress: agent.address,
        agentName: 'no',
      })) as Answer;
      check(approved.status === 'ok', JSON.stringify(approved));
      const byAgent = construct(world, world.server.url, agent, { walletAddress: user });
      await byAgent.connect();
      const status = statusOf(await byAgent.exchange.placeOrder(order()));
      byAgent.disconnect();
      check(typeof status === 'object' && status.resting, `the agent traded: ${JSON.stringify(status)}`);
      await cancel(status.resting.oid);
    },
  };
}

function subscriptionSteps({ sdk, user, market, restingOid, cancel }: Parts): Partial<Steps> {
  return {
    'subscribe trades': async () => {
      const received = new Promise<{ users: string[] }[]>((resolve) => {
        void sdk.subscriptions.subscribeToTrades('BTC-PERP', resolve);
      });
      await market(true, 0.001);
      check((await received)[0]?.users.length === 2, 'a trade names both users');
    },
    'subscribe l2Book': async () => {
      const book = await new Promise<{ levels: unknown[][] }>((resolve) => {
        void sdk.subscriptions.subscribeToL2Book('BTC-PERP', resolve);
      });
      check(book.levels[0]?.length, 'the book has bids');
    },
    'subscribe userFills': async () => {
      const received = new Promise<{ fills: { crossed: boolean }[] }>((resolve) => {
        void sdk.subscriptions.subscribeToUserFills(user, (data) => {
          if (data.isSnapshot !== true) resolve(data as never);
        });
      });
      await market(true, 0.001);
      check((await received).fills[0]?.crossed, 'the taker crossed');
    },
    'subscribe orderUpdates': async () => {
      const received = new Promise<{ status: string }[]>((resolve) => {
        void sdk.subscriptions.subscribeToOrderUpdates(user, (data) => resolve(data as never));
      });
      const oid = await restingOid();
      check((await received)[0]?.status === 'open', 'the order is open');
      await cancel(oid);
    },
  };
}

function refusalSteps({ world, sdk, user, place, cancel, order, mid }: Parts): Partial<Steps> {
  const says = async (rest: Partial<OrderRequest>, text: RegExp) => {
    const answer = errorText(await place(rest));
    check(text.test(answer), `unexpected text: ${answer}`);
  };
  return {
    'refusal: every known text': () => eachRefusal(world, user, (text) => says({}, text)),
    'refusal: server down': () =>
      whileDown(world, async () => {
        await refused(() => sdk.info.perpetuals.getMeta(true), Error, /502/);
        await refused(() => place(), Error, /502/);
      }),
    'refusal: minimum value': () => says({ sz: 0.00005 }, /Order must have minimum value of \$10/),
    'refusal: margin': () => says({ sz: 400 }, /Insufficient margin to place order/),
    'refusal: post only': () =>
      says(
        { limit_px: Math.round(mid * 1.02), order_type: { limit: { tif: 'Alo' } } },
        /Post only order would have immediately matched, bbo was/,
      ),
    'refusal: unknown order': async () =>
      check(/Order was never placed, already canceled, or filled/.test(await cancel(1)), 'refused'),
    'refusal: reduce only': () =>
      says(
        { coin: 'ETH-PERP', limit_px: 1000, sz: 0.1, reduce_only: true },
        /Reduce only order would increase position/,
      ),
    'refusal: unknown signer': async () => {
      const stranger = construct(world, world.server.url, testAccount(0x3f));
      await stranger.connect();
      const text = errorText((await stranger.exchange.placeOrder(order())) as Answer);
      stranger.disconnect();
      check(/User or API Wallet 0x[0-9a-f]{40} does not exist/.test(text), text);
    },
    'refusal: rate limit': async () => {
      const busy = await world.limitedServer();
      const limited = construct(world, busy.url, testAccount(0x3f));
      await refused(() => limited.info.perpetuals.getMeta(true), Error, /429|rate limit|Unknown/i);
      limited.disconnect();
    },
  };
}
