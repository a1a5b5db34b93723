import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AddressIndex } from '../../src/domain/address_index.ts';
import { CoinTable, type ListedCoin } from '../../src/domain/listed_coin.ts';
import { TradeMemory } from '../../src/domain/trade_memory.ts';
import { TradeFeed } from '../../src/hyperliquid/stream/trade_feed.ts';
import { ManualClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/log.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { until } from '../until.ts';
import { ScriptedVenue, tradesFrame, wireTrade } from './scripted_venue.ts';

const START = 1_700_000_000_000;
const coin = (id: number, name: string): ListedCoin => ({ id, dex: '', name, symbol: name, sizeDecimals: 2 });
const BTC = coin(1, 'BTC');
const ETH = coin(2, 'ETH');

let venue: ScriptedVenue;
let clock: ManualClock;
let feed: TradeFeed;
/** What the feed told, in order: "BTC 5" a trade id, "gap BTC 10-20", "interrupted BTC", "restored BTC". */
let told: string[];
let logged: string[];
let recent: (symbol: string) => Promise<unknown[]>;

beforeEach(async () => {
  venue = await ScriptedVenue.start();
  clock = new ManualClock(START);
  told = [];
  logged = [];
  recent = async () => [];
  feed = newFeed();
});
afterEach(() => {
  feed.close();
  venue.close();
});

function newFeed(lookBackCoins = 0): TradeFeed {
  const coins = new CoinTable([BTC, ETH]);
  const name = (id: number) => coins.byId(id)?.symbol ?? '?';
  return new TradeFeed({
    url: `${venue.url}?token=hunter2`,
    coins,
    addresses: new AddressIndex(1),
    memory: new TradeMemory(),
    clock,
    random: seededRandom(1),
    log: createLogger({
      service: 'feed',
      level: 'warn',
      destination: { write: (line: string) => void logged.push(line) },
    }),
    hooks: {
      trades: (rows) => {
        for (let at = 0; at < rows.length; at++)
          told.push(`${name(rows.coin[at] as number)} ${rows.tradeId[at]}`);
      },
      gap: (gap) => told.push(`gap ${name(gap.coin)} ${gap.from - START}-${gap.to - START}`),
      interrupted: (ids) => told.push(...ids.map((id) => `interrupted ${name(id)}`)),
      begins: (id) => begun.push(name(id)),
      restored: (id) => told.push(`restored ${name(id)}`),
    },
    recentTrades: (symbol) => recent(symbol),
    coveredUntil: () => undefined,
    lookBackCoins,
  });
}

/** Coins that are followed for the first time. */
const begun: string[] = [];

const trades = (name: string, ...ids: number[]) => ids.map((id) => wireTrade(name, START + id * 10, id));
const say = (name: string, ...ids: number[]) => venue.socket.send(tradesFrame(trades(name, ...ids)));

/** Lets virtual time pass, a second per step, until the condition holds. */
const drive = (condition: () => boolean, what: string) =>
  until(async () => {
    if (condition()) return true;
    await clock.advance(1_000);
    return condition();
  }, what);

/** Waits for what is on the wire without letting virtual time pass. */
const see = (message: string) => until(() => told.includes(message), message);
const live = () => {
  const status = feed.status();
  return status.connections.length > 0 && status.connections.every((one) => one.state === 'live');
};

async function startWith(coins: readonly ListedCoin[], ...seen: number[]): Promise<void> {
  feed.setCoins(coins);
  await drive(live, 'a live connection');
  if (seen.length > 0) {
    say('BTC', ...seen);
    await see(`BTC ${seen.at(-1)}`);
  }
  told.length = 0;
}

async function reconnect(): Promise<void> {
  const before = venue.sockets.length;
  await drive(() => venue.sockets.length > before && live(), 'a new connection');
}

describe('what was traded before the first look', () => {
  const askedWith = async (lookBackCoins: number): Promise<number> => {
    let asked = 0;
    feed.close();
    feed = newFeed(lookBackCoins);
    recent = async () => {
      asked++;
      return trades('BTC', 1, 2, 3, 4, 5).reverse();
    };
    feed.setCoins([BTC]);
    await drive(live, 'a live connection');
    say('BTC', 4, 5);
    await see('BTC 5');
    return asked;
  };

  test('is asked for once, where that is wanted, and told before the replay', async () => {
    expect(await askedWith(1)).toBe(1);
    expect(told).toEqual(['BTC 1', 'BTC 2', 'BTC 3', 'BTC 4', 'BTC 5', 'restored BTC']);
    expect(feed.counts).toMatchObject({ gaps: 0, gapsClosed: 0 });
    venue.socket.terminate();
    await reconnect();
    say('BTC', 5, 6);
    await see('BTC 6');
    expect(told.slice(-3)).toEqual(['interrupted BTC', 'BTC 6', 'restored BTC']);
  });
  test('is not asked for when so many coins would cost too much', async () => {
    expect(await askedWith(0)).toBe(0);
    expect(told).toEqual(['BTC 4', 'BTC 5', 'restored BTC']);
  });
});

test('a coin begins when it is followed for the first time, however often it is interrupted later', async () => {
  begun.length = 0;
  await startWith([BTC], 1, 2);
  expect(begun).toEqual(['BTC']);
  venue.socket.terminate();
  await reconnect();
  feed.setCoins([BTC, ETH]);
  say('BTC', 2, 3);
  await drive(() => feed.status().coinsLive === 2, 'both coins');
  expect(begun).toEqual(['BTC', 'ETH']);
});

describe('what an interruption missed', () => {
  test('is in the replay: joined without a gap, nothing twice', async () => {
    await startWith([BTC], 1, 2, 3);
    venue.socket.terminate();
    await reconnect();
    say('BTC', 2, 3, 4, 5);
    say('BTC', 6);
    await see('BTC 6');
    expect(told).toEqual(['interrupted BTC', 'BTC 4', 'BTC 5', 'restored BTC', 'BTC 6']);
    expect(feed.counts).toMatchObject({ duplicates: 2, gaps: 0 });
  });

  test('is in recentTrades: asked once, told in order with what came meanwhile', async () => {
    await startWith([BTC], 1, 2, 3);
    let answer: (rows: unknown[]) => void = () => undefined;
    let asked = 0;
    recent = () => {
      asked++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    venue.socket.terminate();
    await reconnect();
    const frames = () => feed.status().connections[0]?.frames ?? 0;
    const before = frames();
    say('BTC', 8, 9);
    say('BTC', 10);
    await until(() => frames() === before + 2, 'the frames meanwhile');
    expect(asked).toBe(1);
    answer(trades('BTC', 3, 4, 5, 6, 7, 8, 9, 10, 11).reverse());
    await see('BTC 11');
    expect(told).toEqual([
      'interrupted BTC',
      ...[4, 5, 6, 7, 8, 9, 10, 11].map((id) => `BTC ${id}`),
      'restored BTC',
    ]);
    expect(feed.counts).toMatchObject({ gaps: 0, gapsClosed: 1 });
  });

  test.each([
    [
      'recentTrades does not reach back',
      async () => trades('BTC', 7, 8, 9).reverse(),
      'gap BTC 30-70',
      [7, 8, 9],
    ],
    [
      'recentTrades fails',
      async () => {
        throw new Error('HTTP 500');
      },
      'gap BTC 30-80',
      [8, 9],
    ],
  ])('is recorded as a gap, before the trades after it: %s', async (_what, answer, gap, ids) => {
    await startWith([BTC], 1, 2, 3);
    recent = answer;
    venue.socket.terminate();
    await reconnect();
    say('BTC', 8, 9);
    await see('restored BTC');
    expect(told).toEqual(['interrupted BTC', gap, ...ids.map((id) => `BTC ${id}`), 'restored BTC']);
  });

  test('is a gap where a row of recentTrades cannot be read: it may be what was missed', async () => {
    await startWith([BTC], 1, 2, 3);
    const bad = { ...wireTrade('BTC', START + 50, 5), sz: '0.0000000000001' };
    recent = async () => [...trades('BTC', 6), bad, ...trades('BTC', 3, 4).reverse()];
    venue.socket.terminate();
    await reconnect();
    say('BTC', 6, 7);
    await see('BTC 7');
    expect(told).toEqual([
      'interrupted BTC',
      expect.stringMatching(/^gap BTC 30-\d+$/),
      ...[4, 6, 7].map((id) => `BTC ${id}`),
      'restored BTC',
    ]);
  });

  test('is looked for when no replay comes at all', async () => {
    await startWith([BTC], 1, 2, 3);
    recent = async () => trades('BTC', 2, 3, 4).reverse();
    venue.socket.terminate();
    await reconnect();
    await drive(() => told.includes('restored BTC'), 'the coin to be restored');
    expect(told).toEqual(['interrupted BTC', 'BTC 4', 'restored BTC']);
  });

  test('is a gap until now, in whole milliseconds, when nothing comes and nobody can be asked', async () => {
    await startWith([BTC], 1, 2);
    // A monotonic clock does not tick in milliseconds.
    await clock.advance(0.3);
    say('BTC', 3);
    await see('BTC 3');
    told.length = 0;
    recent = async () => {
      throw new Error('HTTP 500');
    };
    venue.socket.terminate();
    await reconnect();
    await drive(() => told.includes('restored BTC'), 'the coin to be restored');
    expect(told).toEqual(['interrupted BTC', expect.stringMatching(/^gap BTC 30-\d+$/), 'restored BTC']);
  });

  test('is a gap when a trade of a known coin cannot be read', async () => {
    await startWith([BTC], 1, 2, 3);
    const bad = { ...wireTrade('BTC', START + 40, 4), px: '1.00000000001' };
    venue.socket.send(tradesFrame([bad, ...trades('BTC', 5)]));
    await see('BTC 5');
    expect(told[0]).toMatch(/^gap BTC 30-/);
  });
});

describe('a connection', () => {
  test('whose data stops while pongs go on is given up; one that was always quiet is not', async () => {
    await startWith([BTC, ETH]);
    for (let id = 1; id <= 40; id++) {
      say('BTC', id);
      await see(`BTC ${id}`);
      await clock.advance(500);
    }
    const before = clock.now();
    await drive(() => venue.sockets.length === 2, 'the silent connection to be given up');
    expect(clock.now() - before).toBeLessThan(60_000);
    expect(feed.status().connections[0]?.lastReason).toBe('connected, but data stopped');
    expect(venue.count('ping')).toBeGreaterThan(0);
  });

  test('that was silent from its first moment is given up too, the later the oftener it was', async () => {
    await startWith([BTC]);
    const before = clock.now();
    await drive(() => venue.sockets.length === 3, 'the silent connection, and the next one, to be given up');
    expect(clock.now() - before).toBeGreaterThan(590_000 + 1_180_000);
    expect(clock.now() - before).toBeLessThan(640_000 + 1_280_000);
    expect(feed.status().connections[0]?.lastReason).toBe('connected, but data stopped');
  }, 60_000);

  test('of quiet coins does not flap: a trade a minute, an hour long', async () => {
    await startWith([BTC], 1);
    for (let id = 2; id <= 60; id++) {
      for (let step = 0; step < 6; step++) {
        await clock.advance(10_000);
        // Pings are answered in real time.
        await until(() => feed.status().connections[0]?.state === 'live', 'the connection');
        await new Promise((resolve) => setImmediate(resolve));
      }
      say('BTC', id);
      await see(`BTC ${id}`);
    }
    expect(venue.sockets.length).toBe(1);
  }, 60_000);

  test('that answers nothing any more is given up', async () => {
    await startWith([BTC]);
    venue.answersPings = false;
    await reconnect();
    expect(feed.status().connections[0]?.lastReason).toBe('no answer to pings');
  });

  test('that cannot be made is tried again, for ever, and never too often', async () => {
    venue.close();
    feed.setCoins([BTC]);
    await drive(() => (feed.status().connections[0]?.reconnects ?? 0) >= 3, 'three attempts');
    expect(feed.status().connections[0]?.lastReason).toMatch(/ECONNREFUSED/);
    const attempts = feed.status().reconnects;
    await clock.advance(60_000);
    expect(feed.status().reconnects - attempts).toBeLessThanOrEqual(24);
  });
});

describe('subscriptions', () => {
  test('follow the list of coins at run time', async () => {
    await startWith([BTC]);
    feed.setCoins([BTC, ETH]);
    await drive(() => venue.count('subscribe ETH') === 1, 'the new coin');
    feed.setCoins([ETH]);
    await drive(() => venue.count('unsubscribe BTC') === 1, 'the old coin to go');
    expect(told).toContain('interrupted BTC');
    expect(venue.sockets.length).toBe(1);
  });

  test('are confirmed one by one: asked again when nothing comes, "Already subscribed" counts, a refusal is shown', async () => {
    venue.onSubscribe = (socket, name) => {
      if (name === 'ETH') {
        const echo = JSON.stringify({ type: 'trades', coin: 'ETH' });
        socket.send(JSON.stringify({ channel: 'error', data: `Invalid subscription ${echo}` }));
      } else if (venue.count('subscribe BTC') === 2) {
        const echo = JSON.stringify({ type: 'trades', coin: 'BTC' });
        socket.send(JSON.stringify({ channel: 'error', data: `Already subscribed: ${echo}` }));
      }
    };
    feed.setCoins([BTC, ETH]);
    await drive(() => feed.status().connections[0]?.confirmed === 1, 'BTC');
    expect(venue.count('subscribe BTC')).toBe(2);
    expect(feed.status().refusedCoins).toEqual(['ETH']);
    venue.onSubscribe = undefined;
    await drive(() => feed.status().connections[0]?.confirmed === 2, 'ETH, asked again later');
  });

  test('that hit a limit are asked for again, later', async () => {
    venue.onSubscribe = (socket) =>
      socket.send(JSON.stringify({ channel: 'error', data: 'Cannot subscribe to more than 1000 channels.' }));
    feed.setCoins([BTC]);
    await drive(() => venue.count('subscribe BTC') >= 1, 'the first try');
    venue.onSubscribe = undefined;
    await drive(live, 'a live connection');
    expect(venue.sockets.length).toBe(1);
  });
});

describe('frames that cannot be read', () => {
  test('are counted, logged once for each kind without the key of the node, and change nothing', async () => {
    await startWith([BTC], 1);
    logged.length = 0;
    const junk = [
      'Websocket connection established.',
      '[]',
      'null',
      '{"channel":"nobody","data":1}',
      '{"__proto__":{"polluted":1},"channel":"error","data":"hunter2"}',
      JSON.stringify({ channel: 'nobody', data: 'x'.repeat(10 << 20) }),
    ];
    for (const text of junk) venue.socket.send(text);
    say('BTC', 2);
    await see('BTC 2');
    expect(feed.counts.malformed).toBe(5);
    // Of five that are malformed the first is told, and the error of the venue.
    expect(logged).toEqual([expect.any(String), expect.not.stringContaining('hunter2')]);
    expect(Math.max(...logged.map((line) => line.length))).toBeLessThan(400);
    expect(venue.sockets.length).toBe(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('but were trades end the connection, whose replay then shows what was in them', async () => {
    await startWith([BTC], 1);
    venue.socket.send(tradesFrame(trades('BTC', 2)).slice(0, -9));
    await reconnect();
    say('BTC', 1, 2, 3);
    await see('restored BTC');
    expect(told).toEqual(['interrupted BTC', 'BTC 2', 'BTC 3', 'restored BTC']);
  });

  test('larger than any frame may be end the connection, not the process', async () => {
    await startWith([BTC], 1);
    venue.socket.send('x'.repeat(17 << 20));
    await reconnect();
    say('BTC', 1, 2);
    await see('BTC 2');
  });
});
