/** What the tasks of the ranking share in a worker: prices and the boards in memory. */
import { CoinTable } from '../../domain/listed_coin.ts';
import { Calculator } from '../../ranking/calculator.ts';
import { FundingRates } from '../../ranking/funding_rates.ts';
import { HourlyPrices } from '../../ranking/hourly_prices.ts';
import { readCoins } from '../../store/coins.ts';
import type { TaskEnvironment } from './task_plug.ts';

interface RankingParts {
  readonly prices: HourlyPrices;
  readonly funding: FundingRates;
  readonly calculator: Calculator;
  readonly coins: () => Promise<CoinTable>;
}

const parts = new WeakMap<TaskEnvironment, RankingParts>();

/** One set for each worker process. */
export function rankingParts(environment: TaskEnvironment): RankingParts {
  const known = parts.get(environment);
  if (known !== undefined) return known;
  const { info, database, clock, log } = environment;
  const prices = new HourlyPrices(info);
  const made: RankingParts = {
    prices,
    funding: new FundingRates(info),
    calculator: new Calculator({ database, prices, clock, log }),
    coins: async () => new CoinTable(await readCoins(database)),
  };
  parts.set(environment, made);
  return made;
}
