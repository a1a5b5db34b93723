/** A venue's operator and traders for tests: levers over the control port, orders signed and sent over HTTP. */
import { signL1Action, signUserSignedAction } from '@nktkas/hyperliquid/signing';
import { FrameClient, info, post } from './client.ts';
import { type TestAccount, testAccount } from './clients/driver.ts';
import type { VenueWorld } from './venue_world.ts';

export interface Answer {
  readonly status: string;
  readonly response: unknown;
}

/** The first of an order action's answers. */
export interface ItemAnswer {
  readonly resting?: { readonly oid: number };
  readonly filled?: { readonly totalSz: string };
  readonly error?: string;
}

let lastNonce = 0;
/** ms, never twice. */
function nextNonce(): number {
  lastNonce = Math.max(lastNonce + 1, Date.now());
  return lastNonce;
}

const AGENT_TYPES = {
  'HyperliquidTransaction:ApproveAgent': [
    { name: 'hyperliquidChain', type: 'string' },
    { name: 'agentAddress', type: 'address' },
    { name: 'agentName', type: 'string' },
    { name: 'nonce', type: 'uint64' },
  ],
};

export class Trader {
  readonly #world: VenueWorld;
  readonly #wallet: TestAccount;
  readonly address: string;

  /** @param n number of its key */
  constructor(world: VenueWorld, n: number) {
    this.#world = world;
    this.#wallet = testAccount(n);
    this.address = this.#wallet.address.toLowerCase();
  }

  async envelope(action: object, nonce = nextNonce()): Promise<object> {
    const signature = await signL1Action({ wallet: this.#wallet as never, action: action as never, nonce });
    return { action, nonce, signature };
  }

  async act(action: object, nonce?: number): Promise<Answer> {
    const answer = await post(this.#world.server.url, '/exchange', await this.envelope(action, nonce));
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as Answer;
  }

  async order(rest: object): Promise<ItemAnswer> {
    const answer = await this.act(orderOf(rest));
    if (answer.status !== 'ok') throw new Error(String(answer.response));
    return (answer.response as { data: { statuses: ItemAnswer[] } }).data.statuses[0] as ItemAnswer;
  }

  /** Buys or sells at once, whatever the price. @param s size, negative sells */
  market(asset: number, s: string, mid: number): Promise<ItemAnswer> {
    const buys = !s.startsWith('-');
    const p = String(Number((mid * (buys ? 1.05 : 0.95)).toPrecision(4)));
    return this.order({ a: asset, b: buys, p, s: s.replace('-', ''), t: { limit: { tif: 'Ioc' } } });
  }

  async approveAgent(agent: Trader, agentName: string): Promise<Answer> {
    const nonce = nextNonce();
    const action = {
      type: 'approveAgent',
      signatureChainId: '0x66eee' as const,
      hyperliquidChain: 'Mainnet',
      agentAddress: agent.address,
      agentName,
      nonce,
    };
    const signature = await signUserSignedAction({
      wallet: this.#wallet as never,
      action,
      types: AGENT_TYPES,
    });
    const answer = await post(this.#world.server.url, '/exchange', { action, nonce, signature });
    return JSON.parse(answer.text) as Answer;
  }

  /** /info of this account. */
  info<T>(type: string, rest: object = {}): Promise<T> {
    return info<T>(this.#world.server.url, { type, user: this.address, ...rest });
  }

  /** Signed size of the position in a coin. */
  async szi(coin: string): Promise<string> {
    const state = await this.info<{ assetPositions: { position: { coin: string; szi: string } }[] }>(
      'clearinghouseState',
    );
    return state.assetPositions.find(({ position }) => position.coin === coin)?.position.szi ?? '0.0';
  }
}

/** One order as an action, keys in the order that is signed. */
export function orderOf(rest: object): object {
  const { a, b, p, s, r, t, c } = {
    ...{ a: 0, b: true, p: '100000', s: '0.001', r: false, t: { limit: { tif: 'Gtc' } }, c: undefined },
    ...rest,
  };
  const order = { a, b, p, s, r, t, ...(c === undefined ? {} : { c }) };
  return { type: 'order', orders: [order], grouping: 'na' };
}

export class Operator {
  readonly #url: string;
  /** Levers pulled so far. */
  readonly pulled = new Set<string>();

  constructor(controlUrl: string) {
    this.#url = controlUrl;
  }

  async send<T = unknown>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#url}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = await response.json();
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(json)}`);
    return json as T;
  }

  async lever(name: string, body: object): Promise<void> {
    await this.send('POST', `venue/${name}`, body);
    this.pulled.add(name);
  }

  fault(rule: object): Promise<{ id: number }> {
    return this.send('POST', 'faults', rule);
  }

  clearFaults(): Promise<unknown> {
    return this.send('DELETE', 'faults');
  }
}

/** A socket that has its acknowledgements. */
export async function subscribed(world: VenueWorld, ...subscriptions: object[]): Promise<FrameClient> {
  const client = await FrameClient.open(world.server.websocketUrl);
  for (const subscription of subscriptions) client.subscribe(subscription);
  await client.until(() => client.of('subscriptionResponse').length === subscriptions.length);
  return client;
}
