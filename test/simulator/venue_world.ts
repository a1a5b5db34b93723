/** A venue for client tests: real engine, real sockets, one patient market maker, accounts with money. */
import { type Address, parseAddress } from '../../src/domain/address.ts';
import type { MicroUsd } from '../../src/domain/money.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLogger } from '../../src/runtime/log.ts';
import { KNOWN_BUILDERS } from '../../src/simulator/exchange/known_builders.ts';
import { VenueBackend } from '../../src/simulator/exchange/venue_backend.ts';
import { startControl } from '../../src/simulator/faults/control.ts';
import { FaultPlan } from '../../src/simulator/faults/plan.ts';
import type { ActionAnswer, OrderWire } from '../../src/simulator/venue/actions.ts';
import type { World } from '../../src/simulator/venue/types.ts';
import { SimulatedVenue } from '../../src/simulator/venue/venue.ts';
import type { LimitSettings } from '../../src/simulator/wire/limits.ts';
import { startWireServer, type WireServer } from '../../src/simulator/wire/server.ts';

const MAKER = parseAddress(`0x${'77'.repeat(20)}`);
const USD = 1_000_000;

export interface VenueWorld {
  readonly venue: SimulatedVenue;
  readonly server: WireServer;
  /** Address of the control port; empty without one. */
  readonly controlUrl: string;
  /** Every /info type and every channel that the venue offers. */
  readonly types: readonly string[];
  readonly channels: readonly string[];
  /** Credits an account, as a bridge deposit does. */
  deposit(user: string, usd: number): Promise<void>;
  /** Runs an action without signature, as its account. */
  act(signer: Address, action: object): Promise<ActionAnswer>;
  /** A second server over the same venue whose clients have no REST weight left. */
  limitedServer(): Promise<WireServer>;
  close(): Promise<void>;
}

export interface VenueWorldOptions {
  readonly limits?: Partial<LimitSettings>;
  /** Seed of the faults' fates; given, there is a control port. */
  readonly control?: string;
  readonly blockMs?: number;
  /** Coins around whose oracle price the maker quotes. */
  readonly quoted?: readonly string[];
}

/** Starts it; resolves when the maker's orders rest. */
export async function startVenueWorld(options: VenueWorldOptions = {}): Promise<VenueWorld> {
  const venue = new SimulatedVenue({ seed: 7, startTime: systemClock.now() - 1000 });
  const world: World = {
    venue,
    advanceTo: (time) => {
      if (time > venue.time) venue.produceBlock(time);
    },
  };
  const servers: { close(): Promise<void> }[] = [];
  const plan = options.control === undefined ? undefined : new FaultPlan(options.control, systemClock);
  const newBackend = () => new VenueBackend({ world, clock: systemClock, blockMs: options.blockMs ?? 10 });
  const serve = async (limits: Partial<LimitSettings>, backend = newBackend()) => {
    const started = await startWireServer({
      host: '127.0.0.1',
      port: 0,
      backend,
      clock: systemClock,
      log: silentLogger,
      limits: { restWeight: 1_000_000, newConnectionsPerMinute: 1000, releaseDelayMs: 0, ...limits },
      ...(plan === undefined ? {} : { faults: plan }),
    });
    servers.push(started);
    return started;
  };
  const backend = newBackend();
  const server = await serve(options.limits ?? {}, backend);
  const control =
    plan === undefined
      ? undefined
      : await startControl({
          host: '127.0.0.1',
          port: 0,
          plan,
          log: silentLogger,
          venue,
          dropConnections: () => server.dropConnections(),
          setSkew: (ms) => backend.setSkew(ms),
        });
  if (control !== undefined) servers.push(control);
  let nonce = systemClock.now();
  const act = (signer: Address, action: object): Promise<ActionAnswer> =>
    new Promise((resolve) =>
      venue.submit(
        { signer, action: action as never, nonce: nonce++, vaultAddress: null, expiresAfter: null },
        resolve,
      ),
    );
  const deposit = async (user: string, usd: number) => {
    venue.control.deposit(parseAddress(user), (usd * USD) as MicroUsd);
    await act(MAKER, { type: 'noop' });
  };
  await deposit(MAKER, 100_000_000);
  for (const builder of KNOWN_BUILDERS) await deposit(builder, 1000);
  for (const symbol of options.quoted ?? ['BTC', 'ETH', 'SOL']) await quote(venue, act, symbol);
  return {
    venue,
    server,
    controlUrl: control?.url ?? '',
    types: [...newBackend().info.keys()],
    channels: [...newBackend().channels.keys()],
    deposit,
    act,
    limitedServer: () => serve({ restWeight: 0 }),
    close: async () => {
      for (const each of servers) await each.close();
    },
  };
}

export interface ControlledVenue {
  readonly url: string;
  readonly venue: SimulatedVenue;
  /** What went wrong while the venue made its blocks. */
  readonly failures: readonly string[];
  close(): Promise<void>;
}

/** A venue that nobody trades on, with its control port: for what only that port is asked. */
export async function startControlledVenue(): Promise<ControlledVenue> {
  const venue = new SimulatedVenue({ seed: 7, startTime: systemClock.now() - 1000 });
  const failures: string[] = [];
  let skewMs = 0;
  const timer = systemClock.every(20, () => {
    const time = systemClock.now() + skewMs;
    try {
      if (time > venue.time) venue.produceBlock(time);
    } catch (error) {
      failures.push(`block at ${time}: ${String(error)}`);
    }
  });
  const control = await startControl({
    host: '127.0.0.1',
    port: 0,
    plan: new FaultPlan('control', systemClock),
    log: silentLogger,
    venue,
    dropConnections: () => {},
    setSkew: (ms) => {
      skewMs = ms;
    },
  });
  return {
    url: control.url,
    venue,
    failures,
    close: () => {
      timer.cancel();
      return control.close();
    },
  };
}

/** Five levels a side, 2 bps apart, each worth about 50,000 USD. */
async function quote(
  venue: SimulatedVenue,
  act: (signer: Address, action: object) => Promise<ActionAnswer>,
  symbol: string,
): Promise<void> {
  const coin = venue.query.coin(symbol);
  const ctx = venue.query.assetCtx(symbol);
  if (coin === undefined || ctx === null) throw new Error(`no coin ${symbol}`);
  const oracle = Number(ctx.oraclePx);
  const size = (50_000 / oracle).toFixed(coin.szDecimals);
  const orders: OrderWire[] = [];
  for (let level = 1; level <= 5; level++)
    for (const b of [true, false]) {
      const price = oracle * (1 + (b ? -1 : 1) * level * 0.0002);
      const p = Number(price.toPrecision(5)).toString();
      orders.push({ a: coin.assetId, b, p, s: size, r: false, t: { limit: { tif: 'Gtc' } } });
    }
  await act(MAKER, { type: 'updateLeverage', asset: coin.assetId, isCross: true, leverage: 5 });
  const answer = await act(MAKER, { type: 'order', orders, grouping: 'na' });
  if (JSON.stringify(answer).includes('error')) throw new Error(JSON.stringify(answer));
}
