/** Channels that carry the contexts of many coins in one frame. */
import { deflateRawSync } from 'node:zlib';
import type { VenueQueries } from '../venue/types.ts';
import {
  type Channel,
  type FrameSink,
  frameOf,
  InvalidSubscription,
  type Subscription,
} from '../wire/backend.ts';
import { optionalText } from '../wire/fields.ts';

/** Mark and mid of one coin, as the fast channel sends them. */
type FastContext = { readonly markPx?: string; readonly midPx?: string };

/** base64 of raw DEFLATE of the JSON: the payload of fastAssetCtxs. */
export const encodeFastContexts = (contexts: Readonly<Record<string, FastContext>>): string =>
  deflateRawSync(JSON.stringify(contexts)).toString('base64');

const contextsFrame = (query: VenueQueries, { dex }: Subscription): string =>
  frameOf('assetCtxs', { dex: dex ?? '', ctxs: query.assetCtxs(String(dex ?? '')) });
const spotFrame = (query: VenueQueries): string => frameOf('spotAssetCtxs', query.spotCtxs());
const allDexsFrame = (query: VenueQueries): string =>
  frameOf('allDexsAssetCtxs', { ctxs: query.dexNames().map((dex) => [dex, query.assetCtxs(dex)]) });
const spotContextFrame = (query: VenueQueries, { coin }: Subscription): string =>
  frameOf('activeSpotAssetCtx', { coin, ctx: query.spotCtxs().find((ctx) => ctx.coin === coin) });

/** Every coin's mark and mid. */
function fastContexts(query: VenueQueries): Map<string, FastContext> {
  const contexts = new Map<string, FastContext>();
  for (const coin of query.coins()) {
    const ctx = query.assetCtx(coin.symbol);
    if (ctx === null) continue;
    contexts.set(coin.symbol, { markPx: ctx.markPx, ...(ctx.midPx === null ? {} : { midPx: ctx.midPx }) });
  }
  return contexts;
}

const FAST = 'fastAssetCtxs';
const FAST_KEY = JSON.stringify({ type: FAST });
const fastFrame = (contexts: ReadonlyMap<string, FastContext>): string =>
  frameOf(FAST, encodeFastContexts(Object.fromEntries(contexts)));

export function contextChannels(query: VenueQueries): Map<string, Channel> {
  const plain = (type: string, frame: () => string): [string, Channel] => [
    type,
    { normalise: () => ({ type }), initial: () => [frame()] },
  ];
  return new Map<string, Channel>([
    [
      'assetCtxs',
      {
        normalise: (fields) => {
          const dex = optionalText(fields, 'dex') ?? '';
          if (!query.dexNames().includes(dex)) throw new InvalidSubscription();
          return { type: 'assetCtxs', dex };
        },
        initial: (subscription) => [contextsFrame(query, subscription)],
      },
    ],
    plain('spotAssetCtxs', () => spotFrame(query)),
    plain('allDexsAssetCtxs', () => allDexsFrame(query)),
    plain(FAST, () => fastFrame(fastContexts(query))),
  ]);
}

/** `activeAssetCtx` answers for spot pairs on a channel of its own. */
export function withSpotContexts(query: VenueQueries, perps: Channel): Channel {
  const isSpot = (coin: unknown) => query.spotCtxs().some((ctx) => ctx.coin === coin);
  return {
    normalise: (fields) =>
      isSpot(fields['coin'])
        ? { type: 'activeAssetCtx', coin: String(fields['coin']) }
        : perps.normalise(fields),
    initial: (subscription) =>
      isSpot(subscription['coin']) ? [spotContextFrame(query, subscription)] : perps.initial(subscription),
  };
}

/** Sends the frames of these channels when asked; remembers what the fast channel has told already. */
export class ContextPublisher {
  readonly #query: VenueQueries;
  readonly #sink: FrameSink;
  #told = new Map<string, FastContext>();

  constructor(query: VenueQueries, sink: FrameSink) {
    this.#query = query;
    this.#sink = sink;
  }

  /** Once a second: whole contexts. */
  publishAll(): void {
    for (const { key, subscription } of this.#sink.topics('assetCtxs'))
      this.#sink.publish(key, contextsFrame(this.#query, subscription));
    for (const { key } of this.#sink.topics('spotAssetCtxs')) this.#sink.publish(key, spotFrame(this.#query));
    for (const { key } of this.#sink.topics('allDexsAssetCtxs'))
      this.#sink.publish(key, allDexsFrame(this.#query));
    for (const { key, subscription } of this.#sink.topics('activeAssetCtx'))
      if (this.#query.coin(String(subscription['coin'])) === undefined)
        this.#sink.publish(key, spotContextFrame(this.#query, subscription));
  }

  /** After a block: coins whose mark or mid changed since the last frame. */
  publishChanges(): void {
    if (!this.#sink.has(FAST_KEY)) return;
    const now = fastContexts(this.#query);
    const changed = new Map<string, FastContext>();
    for (const [coin, { markPx, midPx }] of now) {
      const before = this.#told.get(coin);
      const part = {
        ...(markPx !== before?.markPx && markPx !== undefined ? { markPx } : {}),
        ...(midPx !== before?.midPx && midPx !== undefined ? { midPx } : {}),
      };
      if (Object.keys(part).length > 0) changed.set(coin, part);
    }
    this.#told = now;
    if (changed.size > 0) this.#sink.publish(FAST_KEY, fastFrame(changed));
  }
}
