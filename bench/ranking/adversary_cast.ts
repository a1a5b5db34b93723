/** Traders made to fool a ranking, as they trade: six tricks, each played three times. */
import { DAY_MS } from '../../src/domain/metrics/day.ts';
import type { HourlyPrices } from '../../src/ranking/hourly_prices.ts';
import { Draw } from './draw.ts';
import { type Coin, type Market, START_MS } from './market.ts';
import { tradeMartingale } from './martingale.ts';
import { pricesOf, Stage, type TapeTrade, type Wallet } from './stage.ts';

export const CAST_DAYS = 90;
const CAST_END = START_MS + CAST_DAYS * DAY_MS;
const HOUR_MS = 3_600_000;
const TIMES = 3;

/** USD that the crowd trades in a minute: in the coin that is pumped next to nothing. */
const PUMPED = 5;
const crowdVolume = (coin: number): number => (coin === PUMPED ? 300 : 50_000);

export interface Cast {
  readonly wallets: readonly Wallet[];
  /** Every trade of a wallet. */
  readonly tape: readonly TapeTrade[];
  /** Wallets of which one is the other's sub-account. */
  readonly subAccounts: readonly (readonly [master: Wallet, sub: Wallet])[];
  readonly prices: HourlyPrices;
}

/** Plays everything twice: the volumes that judge the trades hold these trades too. */
export async function castAdversaries(market: Market): Promise<Cast> {
  const rehearsal = new Stage(market, null);
  playAll(rehearsal);
  const prices = await pricesOf(market, rehearsal.tape, crowdVolume);
  const stage = new Stage(market, prices);
  const subAccounts = playAll(stage);
  return { wallets: stage.wallets, tape: stage.tape, subAccounts, prices };
}

function playAll(stage: Stage): (readonly [Wallet, Wallet])[] {
  const subAccounts: (readonly [Wallet, Wallet])[] = [];
  for (let time = 0; time < TIMES; time++) {
    washRing(stage, time);
    // Once minutes apart, by two wallets that belong together as everybody can see.
    const late = time === 1;
    const legs = twoWalletHedge(stage, time, late ? 7 * 60_000 : 0);
    if (late) subAccounts.push(legs);
    for (const solo of SOLOS) playAlone(stage, solo, time);
    martingale(stage, time);
  }
  for (const { account } of stage.wallets) account.advance(CAST_END);
  return subAccounts;
}

interface Trip {
  readonly index: number;
  readonly open: number;
  readonly close: number;
}

/** Round trips that begin a tenth into their share of the day and end within it. */
function* trips(perDay: number, holdHours: number): Generator<Trip> {
  const gap = DAY_MS / perDay;
  for (let index = 0; index < CAST_DAYS * perDay; index++) {
    const open = Math.floor(START_MS + (index + 0.1) * gap);
    const end = Math.floor(START_MS + (index + 1) * gap) - 10;
    yield { index, open, close: Math.min(open + holdHours * HOUR_MS, end) };
  }
}

const lotsFor = (wallet: Wallet, leverage: number, price: number): number =>
  Math.floor((wallet.account.cash * leverage) / price);

const moved = (price: number, by: number): number => Math.max(1, Math.round(price * (1 + by)));

/**
 * One wallet buys from a second and sells dearer to a third, which gives the goods back to the second: the first is
 * a genius, the third pays for it, and all three are one. No two of them are opposites.
 */
function washRing(stage: Stage, time: number): void {
  const draw = new Draw(`ring ${time}`);
  const trick = 'wash ring';
  const shown = stage.wallet(trick, `shown ${time}`, 20_000);
  const source = stage.wallet(trick, `source ${time}`, 50_000, false);
  const payer = stage.wallet(trick, `payer ${time}`, 200_000, false);
  const coin = shown.account.coin(3);
  for (const { open, close } of trips(12, 1.5)) {
    const price = stage.price(coin, open);
    const lots = lotsFor(shown, 0.2, price);
    stage.meet(shown, source, open, coin, lots, price);
    stage.meet(payer, shown, close, coin, lots, moved(price, 0.008 + 0.03 * draw.normal()));
    stage.meet(source, payer, close + 600_000, coin, lots, price);
  }
}

/** Two wallets on opposite sides of the same trades; the one that happens to win is shown. */
function twoWalletHedge(stage: Stage, time: number, lateMs: number): readonly [Wallet, Wallet] {
  const draw = new Draw(`hedge ${time}`);
  const trick = 'two-wallet hedge';
  const shown = stage.wallet(trick, `winning leg ${time}`, 20_000);
  const other = stage.wallet(trick, `losing leg ${time}`, 150_000, false);
  const coin = shown.account.coin(4);
  for (const { open, close } of trips(2, 6)) {
    const price = stage.price(coin, open);
    const side = draw.uniform() < 0.5 ? 1 : -1;
    const size = side * lotsFor(shown, 1, price);
    const exit = moved(price, side * (0.008 + 0.015 * draw.normal()));
    stage.trade(shown, open, coin, size, price);
    stage.trade(other, open + lateMs, coin, -size, price);
    stage.trade(shown, close, coin, -size, exit);
    stage.trade(other, close + lateMs, coin, size, exit);
  }
  return [shown, other];
}

/** A trick that takes one wallet. */
interface Solo {
  readonly trick: string;
  readonly coin: number;
  readonly tripsPerDay: number;
  readonly holdHours: number;
  /** Return of the position in a round trip. */
  readonly gain: (draw: Draw, trip: number) => number;
  /** Deposits this share of equity every day. */
  readonly depositDaily?: number;
}

const SOLOS: readonly Solo[] = [
  {
    trick: 'deposit pumping',
    coin: 3,
    tripsPerDay: 2,
    holdHours: 5,
    gain: (draw) => 0.0004 + 0.02 * draw.normal(),
    depositDaily: 0.03,
  },
  {
    trick: 'one lucky day',
    coin: 3,
    tripsPerDay: 2,
    holdHours: 5,
    gain: (draw, trip) => (trip === 100 ? 0.9 : 0.0005 + 0.004 * draw.normal()),
  },
  {
    trick: 'pump and dump',
    coin: PUMPED,
    tripsPerDay: 1,
    holdHours: 3,
    gain: (draw) => 0.028 + 0.035 * draw.normal(),
  },
];

function playAlone(stage: Stage, solo: Solo, time: number): void {
  const draw = new Draw(`adversary ${solo.trick} ${time}`);
  const wallet = stage.wallet(solo.trick, `${solo.trick} ${time}`, 20_000);
  const coin: Coin = wallet.account.coin(solo.coin);
  for (const { index, open, close } of trips(solo.tripsPerDay, solo.holdHours)) {
    if (solo.depositDaily !== undefined && index % solo.tripsPerDay === 0)
      wallet.account.planDeposit(open - 1_000, solo.depositDaily);
    wallet.account.advance(open);
    const price = stage.price(coin, open);
    const side = solo.coin === PUMPED || draw.uniform() < 0.5 ? 1 : -1;
    const size = side * lotsFor(wallet, 1, price);
    stage.trade(wallet, open, coin, size, price);
    stage.trade(wallet, close, coin, -size, moved(price, side * solo.gain(draw, index)));
  }
}

/** Gentle enough to have survived: nineteen wins in twenty. */
function martingale(stage: Stage, time: number): void {
  const { account } = stage.wallet('martingale with 95 % wins', `survivor ${time}`, 20_000);
  const plan = { base: 0.02, takeProfit: 0.25, step: 0.6, adds: 5, coins: [2, 3, 4, 6], makerRatio: 0.5 };
  tradeMartingale(account, plan, new Draw(`survivor ${time}`), 0, CAST_DAYS * 288);
}
