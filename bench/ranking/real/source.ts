/**
 * Fills from a folder: files of the venue's public archive, or JSON as `userFillsByTime` answers. Read twice: once for
 * the coins, prices and who traded how much, once for the fills themselves, of everybody or of a fair sample.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseCoin } from '../../../src/domain/coin.ts';
import type { Fill } from '../../../src/domain/episodes/fill.ts';
import { CoinTable } from '../../../src/domain/listed_coin.ts';
import { archivedFills, type LineCounts } from '../../../src/hyperliquid/archive/lines.ts';
import { expandFrames } from '../../../src/hyperliquid/archive/lz4_frames.ts';
import { fillsOf } from '../../../src/hyperliquid/venue_history.ts';
import { userFillsSchema, type WireUserFill } from '../../../src/hyperliquid/wire/history.ts';
import { Tape } from './tape.ts';

/** Fills kept at most; beyond it a sample of traders is taken by a hash of their names, whole traders only. */
const MOST_FILLS = 3_000_000;

export interface RealWorld {
  /** Fills of each trader, in no order yet. */
  readonly traders: ReadonlyMap<string, readonly Fill[]>;
  /** Traders of whom there is any fill, in the sample or not. */
  readonly people: number;
  readonly tape: Tape;
  /** Where every fill of everybody is in the source from here on; null where each trader has a record of his own. */
  readonly completeSince: number | null;
}

interface Counts extends LineCounts {
  /** True while every file tells of everybody. */
  everybody: boolean;
}

interface Told {
  readonly user: string;
  readonly fill: WireUserFill;
}

/** @throws Error when there is no fill. */
export async function readWorld(folder: string, say: (text: string) => void): Promise<RealWorld> {
  const files = await filesBelow(folder);
  const counts: Counts = { lines: 0, fills: 0, unread: 0, everybody: true };
  const survey = new Survey();
  for (const file of files) for await (const told of toldIn(file, counts)) survey.take(told);
  if (survey.fills === 0)
    throw new Error(`there is no fill of a perpetual in ${files.length} files below ${folder}`);
  const coins = survey.coins();
  const kept = sampleOf(survey.byTrader, MOST_FILLS);
  const tape = new Tape(coins);
  const traders = new Map<string, Fill[]>();
  let unread = counts.unread;
  for (const file of files) {
    for await (const { user, fill } of toldIn(file, { ...counts })) {
      const taken = fillsOf([fill], user, coins);
      unread += taken.unread;
      const [one] = taken.rows;
      if (one === undefined) continue;
      tape.print(one);
      if (!kept.has(user)) continue;
      const list = traders.get(user);
      if (list) list.push(one);
      else traders.set(user, [one]);
    }
  }
  tape.close();
  say(
    `${files.length} files: ${survey.fills.toLocaleString('en-US')} fills of ${survey.byTrader.size} traders in ` +
      `${coins.all().length} coins, ${tape.days} whole days; ${traders.size} traders taken` +
      (unread > 0 ? `; ${unread} lines or fills could not be read` : ''),
  );
  return {
    traders,
    people: survey.byTrader.size,
    tape,
    completeSince: counts.everybody ? survey.first : null,
  };
}

/** Files below a folder (or the one file), hours in their order: "9.lz4" before "10.lz4". */
async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const collator = new Intl.Collator('en', { numeric: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(collator.compare);
}

/** The fills of one file, one after another. */
async function* toldIn(file: string, counts: Counts): AsyncGenerator<Told> {
  if (file.endsWith('.json')) {
    counts.everybody = false;
    yield* answersOf(await readFile(file, 'utf8'), basename(file, '.json'), counts);
    return;
  }
  const bytes: AsyncIterable<Buffer> = createReadStream(file);
  const content = file.endsWith('.lz4') ? expandFrames(bytes) : bytes;
  for await (const { address, fill } of archivedFills(content, () => true, counts))
    yield { user: address, fill };
}

/** One answer (the file is called as its trader), or several: `{traders: [{fills}]}`. */
function* answersOf(text: string, name: string, counts: Counts): Generator<Told> {
  const json: unknown = JSON.parse(text);
  const traders = (json as { traders?: { fills?: unknown }[] }).traders;
  const answers = Array.isArray(traders)
    ? traders.map((one, k) => ({ user: `${name}-${k + 1}`, raw: one.fills }))
    : [{ user: name, raw: json }];
  for (const { user, raw } of answers) {
    const parsed = userFillsSchema.safeParse(raw);
    if (!parsed.success) counts.unread++;
    else for (const fill of parsed.data) yield { user, fill };
  }
}

/** What the first reading learns. */
class Survey {
  readonly byTrader = new Map<string, number>();
  readonly #decimals = new Map<string, number>();
  fills = 0;
  first = Number.POSITIVE_INFINITY;

  take({ user, fill }: Told): void {
    // Spot pairs and outcomes are no perpetuals.
    if (/^[@+#]|\//.test(fill.coin)) return;
    this.fills++;
    this.first = Math.min(this.first, fill.time);
    this.byTrader.set(user, (this.byTrader.get(user) ?? 0) + 1);
    const seen = this.#decimals.get(fill.coin) ?? 0;
    this.#decimals.set(fill.coin, Math.max(seen, decimals(fill.sz), decimals(fill.startPosition)));
  }

  /** Sizes have as many decimals as were ever seen in the coin. */
  coins(): CoinTable {
    return new CoinTable(
      [...this.#decimals].map(([symbol, sizeDecimals], k) => ({
        ...parseCoin(symbol),
        id: k + 1,
        symbol,
        sizeDecimals,
      })),
    );
  }
}

const decimals = (text: string): number => (text.split('.')[1] ?? '').replace(/0+$/, '').length;

/** Whole traders in the order of a hash of their names until there are enough fills. */
function sampleOf(byTrader: ReadonlyMap<string, number>, most: number): Set<string> {
  const order = [...byTrader.keys()]
    .map((user) => ({ user, hash: hashOf(user) }))
    .sort((a, b) => a.hash - b.hash);
  const kept = new Set<string>();
  let fills = 0;
  for (const { user } of order) {
    fills += byTrader.get(user) ?? 0;
    if (fills > most && kept.size > 0) break;
    kept.add(user);
  }
  return kept;
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash >>> 0;
}
