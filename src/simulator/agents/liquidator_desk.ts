/** The liquidator sells what the backstop gave it, a little at a time, so that it is ready for the next one. */
import type { Lots } from '../../domain/money.ts';
import { placeOrder } from '../venue/placement.ts';
import type { State } from '../venue/state.ts';
import { CLASS_TAKING } from '../venue/venue.ts';
import { gridPx, limitOrder } from './market_makers.ts';
import type { Population, Stage } from './population.ts';

const PERIOD_MS = 20_000;

export class LiquidatorDesk implements Population {
  readonly #stage: Stage;
  #next: number;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#next = stage.startTime + PERIOD_MS;
  }

  /** Sleeps while there is nothing to sell. */
  nextAt(): number {
    const held = this.#stage.venue.state.liquidator?.positions.size ?? 0;
    return held === 0 ? Number.POSITIVE_INFINITY : this.#next;
  }

  act(time: number): void {
    if (time < this.nextAt()) return;
    this.#next = time + PERIOD_MS;
    this.#stage.venue.enqueue(CLASS_TAKING, (s) => unwind(s));
  }
}

function unwind(s: State): void {
  const account = s.liquidator;
  if (account === null) return;
  for (const position of [...account.positions.values()]) {
    const { market } = position;
    if (market.halted || market.delisted) continue;
    const isBuy = position.szi < 0;
    const held = Math.abs(position.szi);
    const enough = Math.ceil(20_000_000_000 / market.mark);
    const px = gridPx(market, market.mark * (isBuy ? 1.01 : 0.99), isBuy);
    const sz = Math.min(held, Math.max(enough, Math.ceil(held / 10))) as Lots;
    placeOrder(s, account, limitOrder(market, isBuy, px, sz, 'Ioc', true));
  }
}
