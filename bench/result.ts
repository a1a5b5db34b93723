/** The shape of a benchmark and of its last line of output. */

export interface BenchOptions {
  /** Ends in under 40 s, with the same figures measured on less. */
  readonly quick: boolean;
  /** Progress for a person; goes to standard error. */
  readonly say: (text: string) => void;
  /** Words after the name of the bench. */
  readonly rest?: readonly string[];
}

/** One measured figure. What was not measured is not reported. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same run. */
  readonly against?: string;
  /** value / (the same of `against`). */
  readonly ratio?: number;
  /** The bar, in words: `>= 2`. Compared with `ratio` where there is one, else with `value`. */
  readonly target?: string;
  /** Whether the target is met; required with `target`. */
  readonly holds?: boolean;
}

/** What a bench module exports as `run`. */
export type RunBench = (options: BenchOptions) => Promise<readonly BenchResult[]>;

export interface BenchLine {
  readonly bench: string;
  readonly holds: boolean;
  readonly results: readonly BenchResult[];
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>=': (a, b) => a >= b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '<': (a, b) => a < b,
  '==': (a, b) => a === b,
};

/** Whether `measured` meets a target such as `>= 2` or `<= 30`. Throws on anything else. */
export function meets(measured: number, target: string): boolean {
  const [, operator = '', bound = ''] =
    /^(>=|<=|==|>|<)\s*(-?[\d.]+(?:e\d+)?)/.exec(target.replaceAll(',', '')) ?? [];
  const compare = OPERATORS[operator];
  if (compare === undefined)
    throw new Error(`target '${target}' must begin with a comparison, such as '>= 2'`);
  return compare(measured, Number(bound));
}

/** Fills in `holds` from the target. Throws when a figure is not a finite number or an answer contradicts its target. */
export function judge(result: BenchResult): BenchResult {
  const { name, value, ratio, target } = result;
  for (const figure of [value, ratio])
    if (figure !== undefined && !Number.isFinite(figure))
      throw new Error(`${name}: ${figure} is not a figure`);
  if (target === undefined) return result;
  const holds = meets(ratio ?? value, target);
  if (result.holds !== undefined && result.holds !== holds)
    throw new Error(
      `${name}: says holds=${result.holds}, but ${ratio ?? value} against '${target}' is ${holds}`,
    );
  return { ...result, holds };
}

/** The last line of a bench. It holds when every figure with a target meets it, and at least one was measured. */
export function benchLine(bench: string, measured: readonly BenchResult[]): BenchLine {
  const results = measured.map(judge);
  return { bench, holds: results.length > 0 && results.every(({ holds }) => holds !== false), results };
}
