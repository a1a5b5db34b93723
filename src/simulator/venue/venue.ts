/** The venue: queues what is asked, executes it in blocks, tells what happened. */
import type { Address } from '../../domain/address.ts';
import { DomainError } from '../../domain/errors.ts';
import { type MicroUsd, parseTicks } from '../../domain/money.ts';
import { executeRequest } from './account_actions.ts';
import type { ActionAnswer, SignedRequest } from './actions.ts';
import { mix32 } from './arithmetic.ts';
import { BUILDER_DEX, COIN_SEEDS, type CoinSeed, DEPLOYER_FEE_SCALE_E2 } from './coin_table.ts';
import { conservationOf } from './conservation.ts';
import { controlOf } from './control.ts';
import { asBlockEvents, hasEvents, newEventBuffer } from './events.ts';
import { nextTransaction } from './execution.ts';
import { examineAll } from './liquidation.ts';
import { delistMarket, listMarket } from './listing.ts';
import { newState } from './new_state.ts';
import { mayTake } from './order_actions.ts';
import { tell } from './order_book_keeping.ts';
import { newPeriodics, nextPeriodicAt, type Periodic, runPeriodics } from './periodic.ts';
import { type OracleInput, updateMark } from './prices.ts';
import { queriesOf } from './queries.ts';
import type { BlockSink } from './records.ts';
import { DEFAULT_RULES, type VenueRules } from './rules.ts';
import { newAccount, type State } from './state.ts';
import { deposit } from './transfers.ts';
import { fireTriggers } from './triggers.ts';
import { watchTwaps } from './twap.ts';
import type { ConservationReport, Venue, VenueControl, VenueQueries } from './types.ts';
import { derivedAddress } from './vaults.ts';

interface VenueOptions {
  readonly seed: number;
  /** ms; the first block is later. */
  readonly startTime: number;
  readonly rules?: Partial<VenueRules>;
  readonly coins?: readonly CoinSeed[];
  /** Micro-USD at genesis: the fund that pays bad debt, and the liquidator's collateral per dex. */
  readonly insuranceUsd?: number;
  readonly liquidatorUsd?: number;
}

/** Order classes of a block, in order of execution (protocol reference 4.6). */
type BlockClass = 0 | 1 | 2;
export const CLASS_PASSIVE: BlockClass = 0;
const CLASS_CANCEL: BlockClass = 1;
export const CLASS_TAKING: BlockClass = 2;

const USD = 1_000_000;

export class SimulatedVenue implements Venue {
  readonly state: State;
  readonly query: VenueQueries;
  readonly control: VenueControl;
  readonly #periodics: Periodic[];
  readonly #queues: [Queued[], Queued[], Queued[]] = [[], [], []];
  readonly #levers: ((s: State) => void)[] = [];
  #oracle: OracleInput[] = [];
  readonly #sinks = new Set<BlockSink>();

  constructor(options: VenueOptions) {
    this.state = newState(
      { ...DEFAULT_RULES, ...options.rules },
      mix32(options.seed, 0x5eed),
      options.startTime,
    );
    genesis(this.state, options);
    this.#periodics = newPeriodics(this.state);
    this.query = queriesOf(this.state);
    this.control = controlOf(this.state, {
      enqueue: (lever) => void this.#levers.push(lever),
      oracle: (inputs) => this.feedOracle(inputs),
    });
  }

  get time(): number {
    return this.state.time;
  }

  get height(): number {
    return this.state.height;
  }

  get pending(): boolean {
    const [a, b, c] = this.#queues;
    return a.length + b.length + c.length + this.#levers.length + this.#oracle.length > 0;
  }

  submit(request: SignedRequest, answer: (answer: ActionAnswer) => void): void {
    this.#queues[classOf(request)].push({ run: (s) => executeRequest(s, request), answer });
  }

  /** In-process traders: runs `act` in the class's turn of the next block, without signature, nonce or budget. */
  enqueue(blockClass: BlockClass, act: (s: State) => void): void {
    this.#queues[blockClass].push({
      run: (s) => {
        act(s);
        return undefined;
      },
      answer: null,
    });
  }

  /** Prices for the next block. */
  feedOracle(inputs: readonly OracleInput[]): void {
    this.#oracle.push(...inputs);
  }

  nextDue(): number {
    return nextPeriodicAt(this.state, this.#periodics);
  }

  onBlock(sink: BlockSink): () => void {
    this.#sinks.add(sink);
    return () => void this.#sinks.delete(sink);
  }

  conservation(): ConservationReport {
    return conservationOf(this.state);
  }

  produceBlock(time: number): void {
    const s = this.state;
    if (!(time > s.time))
      throw new DomainError('TIME_BACKWARDS', `block time ${time} is not after ${s.time}`);
    s.time = time;
    s.height += 1;
    nextTransaction(s);
    for (const lever of this.#levers.splice(0)) lever(s);
    this.#moveMarks();
    runPeriodics(s, this.#periodics);
    const answers: (() => void)[] = [];
    for (const queue of this.#queues)
      for (const { run, answer } of queue.splice(0)) {
        nextTransaction(s);
        const result = run(s);
        if (answer && result) answers.push(() => answer(result));
      }
    this.#commit();
    for (const tellAnswer of answers) tellAnswer();
  }

  #moveMarks(): void {
    const s = this.state;
    const inputs = this.#oracle;
    if (inputs.length === 0) return;
    this.#oracle = [];
    let largest = 0;
    for (const input of inputs) largest = Math.max(largest, updateMark(s, input));
    s.movesE9 += largest;
    s.events.marksMoved = true;
    fireTriggers(s);
    watchTwaps(s);
    examineAll(s);
  }

  #commit(): void {
    const s = this.state;
    for (const order of s.touchedOrders) if (order.place !== 'none') tell(s, order, 'open');
    s.touchedOrders.length = 0;
    for (const [market, before] of s.touchedBooks) {
      s.events.books.add(market);
      const now = market.book.touch();
      const same =
        now.bidPx === before.bidPx &&
        now.askPx === before.askPx &&
        now.bidSize === before.bidSize &&
        now.askSize === before.askSize;
      if (!same) s.events.bbos.add(market);
    }
    s.touchedBooks.clear();
    if (!hasEvents(s.events)) return;
    const events = asBlockEvents(s.events, s.height, s.time);
    s.events = newEventBuffer();
    for (const sink of this.#sinks) sink(events);
  }
}

interface Queued {
  readonly run: (s: State) => ActionAnswer | undefined;
  readonly answer: ((answer: ActionAnswer) => void) | null;
}

function classOf(request: SignedRequest): BlockClass {
  const { action } = request;
  switch (action.type) {
    case 'cancel':
    case 'cancelByCloid':
      return CLASS_CANCEL;
    case 'order':
    case 'modify':
    case 'batchModify':
      return mayTake(action) ? CLASS_TAKING : CLASS_PASSIVE;
    default:
      return CLASS_PASSIVE;
  }
}

/** Dexs, markets and the venue's own accounts. */
function genesis(s: State, options: VenueOptions): void {
  s.transaction = { sequence: 1, hash: null };
  const coins = options.coins ?? COIN_SEEDS;
  s.dexes.push({
    index: 0,
    name: '',
    fullName: '',
    deployer: null,
    feeScaleE2: 0,
    netDeposit: 0,
    markets: [],
  });
  if (coins.some((coin) => coin.dex === BUILDER_DEX)) {
    const deployer = newAccount(s, derivedAddress(s, 0xde01), 'user', { ordinary: false, name: 'deployer' });
    s.dexes.push({
      index: 1,
      name: BUILDER_DEX,
      fullName: 'XYZ',
      deployer,
      feeScaleE2: DEPLOYER_FEE_SCALE_E2,
      netDeposit: 0,
      markets: [],
    });
  }
  for (const coin of coins) {
    const market = listMarket(s, { ...coin, oraclePx: coin.startPx });
    if (coin.delisted) delistMarket(s, market, parseTicks(coin.startPx, coin.szDecimals));
  }
  const insurance = options.insuranceUsd ?? 25_000_000 * USD;
  s.insurance = BigInt(insurance);
  s.deposits += BigInt(insurance);
  const liquidator = newAccount(s, derivedAddress(s, 0x11b1), 'user', {
    ordinary: false,
    name: 'liquidator',
  });
  s.liquidator = liquidator;
  const each = options.liquidatorUsd ?? 50_000_000 * USD;
  deposit(s, liquidator.address as Address, each);
  for (const dex of s.dexes.slice(1)) {
    for (const market of dex.markets) liquidator.leverage.set(market.index, { leverage: 5, isCross: true });
    while (liquidator.pots.length <= dex.index)
      liquidator.pots.push({
        account: liquidator,
        dexIndex: liquidator.pots.length,
        usd: 0 as MicroUsd,
        positions: [],
        examineAt: -1,
      });
    const pot = liquidator.pots[dex.index];
    if (pot) pot.usd = each as MicroUsd;
    s.deposits += BigInt(each);
    liquidator.netFlow += each;
    liquidator.netPerpFlow += each;
  }
  s.events = newEventBuffer();
}
