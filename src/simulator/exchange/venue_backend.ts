/** The complete venue behind the wire: answers, exchange, channels, and the blocks that move it in real time. */
import type { Address } from '../../domain/address.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { MarketPublisher, marketChannels } from '../market/channels.ts';
import type { BlockEvents } from '../venue/records.ts';
import type { Venue, World } from '../venue/types.ts';
import { viewTrade } from '../venue/views.ts';
import {
  type Backend,
  type Channel,
  type ExchangeHandler,
  type Fields,
  type FrameSink,
  type InfoHandler,
  withRun,
} from '../wire/backend.ts';
import { accountChannels } from './account_channels.ts';
import { AccountPublisher } from './account_publisher.ts';
import { ContextPublisher, contextChannels, withSpotContexts } from './context_channels.ts';
import { type AcceptedNetwork, type EnvelopeReader, envelopeReader, exchangeHandler } from './exchange.ts';
import { venueInfo } from './venue_info.ts';
import { venueView } from './venue_view.ts';

/** The real chain's median block time, ms. */
const BLOCK_MS = 70;
/** Period of the ordinary l2Book channel, ms. */
const BOOK_MS = 5400;
const CONTEXT_MS = 1000;
const STATE_MS = 5000;

export interface VenueBackendOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly network?: AcceptedNetwork;
  /** Trades in a recentTrades answer. */
  readonly recentTrades?: number;
  readonly blockMs?: number;
  /** Names this run, for a platform that must notice when another began. */
  readonly run?: string;
}

const RECENT_TRADES = 200;

export class VenueBackend implements Backend {
  readonly info: ReadonlyMap<string, InfoHandler>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly exchange: ExchangeHandler;
  readonly #options: VenueBackendOptions;
  readonly #read: EnvelopeReader;
  readonly venue: Venue;
  #skewMs = 0;
  readonly #stops: (() => void)[] = [];

  constructor(options: VenueBackendOptions) {
    const { venue } = options.world;
    const { query } = venue;
    const now = () => venue.time;
    this.#options = options;
    this.venue = venue;
    const info = venueInfo({ query, now, recentTrades: options.recentTrades ?? RECENT_TRADES });
    this.info = withRun(info, options.run);
    const market = marketChannels(venueView(query, now));
    const contexts = market.get('activeAssetCtx');
    if (contexts !== undefined) market.set('activeAssetCtx', withSpotContexts(query, contexts));
    this.channels = new Map([...market, ...contextChannels(query), ...accountChannels({ query, now })]);
    this.#read = envelopeReader({
      network: options.network ?? 'either',
      isKnown: (signer: Address) => query.userRole(signer).role !== 'missing',
    });
    this.exchange = exchangeHandler(
      this.#read,
      (request) => new Promise((resolve) => venue.submit(request, resolve)),
    );
  }

  actorOf(envelope: Fields): Address | undefined {
    const request = this.#read(envelope);
    if (!('signer' in request)) return undefined;
    if (request.vaultAddress !== null) return request.vaultAddress;
    const known = this.venue.query.userRole(request.signer);
    return known.role === 'agent' ? known.data.user : request.signer;
  }

  start(sink: FrameSink): void {
    const { clock, world, blockMs } = this.#options;
    const { query } = this.venue;
    const now = () => this.venue.time;
    const market = new MarketPublisher({ view: venueView(query, now), clock, bookMs: BOOK_MS }, sink);
    const accounts = new AccountPublisher(query, sink, now);
    const contexts = new ContextPublisher(query, sink);
    const timers: Timer[] = [
      clock.every(blockMs ?? BLOCK_MS, () => world.advanceTo(clock.now() + this.#skewMs)),
      clock.every(CONTEXT_MS, () => contexts.publishAll()),
      clock.every(STATE_MS, () => accounts.publishPeriodic()),
    ];
    this.#stops.push(
      this.venue.onBlock((events) => {
        this.#publishMarket(market, events);
        accounts.publish(events);
        if (events.marksMoved || events.bbos.size > 0) contexts.publishChanges();
      }),
      () => market.stop(),
      ...timers.map((timer) => () => timer.cancel()),
    );
  }

  /** Shifts the venue's time against the clock, ms; behind its last block it waits. */
  setSkew(ms: number): void {
    this.#skewMs = ms;
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #publishMarket(market: MarketPublisher, events: BlockEvents): void {
    for (const [coin, trades] of events.trades) market.onTrades(coin.symbol, () => trades.map(viewTrade));
    for (const coin of events.bbos) {
      const bbo = this.venue.query.bbo(coin.symbol);
      if (bbo !== null) market.onBbo(coin.symbol, events.time, bbo.bbo);
    }
  }
}
