/** Frames shaped like the recording: one per coin and block, mostly of one trade, some of up to fifty. */
import { type Random, seededRandom } from '../../src/runtime/random.ts';

export const COINS = 200;
export const SIZE_DECIMALS = 2;
const ADDRESSES = 400_000;
const BLOCK_MS = 75;
const DUPLICATE_SHARE = 0.01;
const HASH_DIGITS = 64;

export const coinName = (index: number): string => `C${index}`;

/** Addresses are made from their number, so that 400,000 of them need no table. Low numbers trade most. */
export function address(number: number): string {
  const head = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  return `0x${head.toString(16).padStart(8, '0')}${number.toString(16).padStart(32, '0')}`;
}

/** As recorded: 68 % hold one trade, 17 % two, 6 % three; the rest up to fifty. */
function tradesInFrame(random: Random): number {
  const roll = random.next();
  if (roll < 0.68) return 1;
  if (roll < 0.85) return 2;
  if (roll < 0.91) return 3;
  return 4 + Math.floor(46 * random.next() ** 4);
}

export interface Frame {
  readonly coin: number;
  readonly text: string;
  /** Trades that no frame before held. */
  readonly fresh: number;
}

/** Some trade often, most seldom. */
const trader = (random: Random): number => Math.floor(ADDRESSES * random.next() ** 3);

/** An endless row of frames; the same seed gives the same. */
export function* frames(seed: string, startMs: number): Generator<Frame> {
  const random = seededRandom(seed);
  const prices = Array.from({ length: COINS }, () => 10_000 + random.int(1_000_000));
  const last: (Frame | undefined)[] = [];
  let tradeId = random.int(2 ** 30) * 2 ** 18;
  for (let i = 0; ; i++) {
    const coin = i % COINS;
    const time = startMs + Math.floor(i / COINS) * BLOCK_MS;
    const previous = last[coin];
    if (previous !== undefined && random.next() < DUPLICATE_SHARE) yield { ...previous, fresh: 0 };
    const count = tradesInFrame(random);
    const taker = trader(random);
    const buys = random.next() < 0.5;
    const hash = random.next().toString(16).slice(2).padEnd(HASH_DIGITS, '0');
    const trades: string[] = [];
    for (let n = 0; n < count; n++) {
      prices[coin] = Math.max(100, (prices[coin] as number) + random.int(21) - 10);
      const px = ((prices[coin] as number) / 10_000).toFixed(4);
      const sz = ((1 + random.int(5_000)) / 100).toFixed(2);
      const maker = trader(random);
      const users = buys ? [address(taker), address(maker)] : [address(maker), address(taker)];
      tradeId += 1 + random.int(1000);
      trades.push(
        `{"coin":"${coinName(coin)}","side":"${buys ? 'B' : 'A'}","px":"${px}","sz":"${sz}","time":${time},"hash":"0x${hash}","tid":${tradeId},"users":["${users[0]}","${users[1]}"]}`,
      );
    }
    const frame = { coin, text: `{"channel":"trades","data":[${trades.join(',')}]}`, fresh: count };
    last[coin] = frame;
    yield frame;
  }
}
