/** All structure rules over a set of files, less the waivers, each of which must be needed. */
import type { Room } from '../rooms.ts';
import { callViolations } from './calls.ts';
import { cycleViolations, importViolations } from './imports.ts';
import { lengthViolations } from './lengths.ts';
import { parse, type Rule, type SourceText, type Violation } from './model.ts';
import { fileKindViolations, roomNameViolations, sqlNameViolations, wireNameViolations } from './names.ts';

export interface Waiver {
  readonly rule: Rule;
  readonly path: string;
  /** The function, for function-length. */
  readonly symbol?: string;
  /** Why the rule does not serve here. */
  readonly reason: string;
}

export function checkStructure(
  sources: readonly SourceText[],
  rooms: readonly Room[],
  waivers: readonly Waiver[],
): Violation[] {
  const files = sources.filter(({ path }) => /\.tsx?$/.test(path)).map(parse);
  const sql = sources.filter(({ path }) => path.endsWith('.sql'));
  const violations = [
    ...roomNameViolations(sources, rooms),
    ...fileKindViolations(sources),
    ...importViolations(files, rooms),
    ...cycleViolations(files),
    ...lengthViolations(files),
    ...callViolations(files, rooms),
    ...wireNameViolations(files),
    ...sqlNameViolations(sql),
  ];
  const used = new Set<Waiver>();
  const left = violations.filter((violation) => {
    const waiver = waivers.find((candidate) => waives(candidate, violation));
    if (waiver) used.add(waiver);
    return waiver === undefined;
  });
  for (const waiver of waivers) {
    if (!used.has(waiver))
      left.push({
        rule: 'waiver',
        path: waiver.path,
        line: 1,
        message: `waiver of ${waiver.rule} is not needed`,
      });
    if (waiver.reason.trim().length < 20)
      left.push({ rule: 'waiver', path: waiver.path, line: 1, message: 'a waiver needs a reason' });
  }
  return left.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
}

const waives = (waiver: Waiver, violation: Violation): boolean =>
  waiver.rule === violation.rule &&
  waiver.path === violation.path &&
  (waiver.symbol === undefined || waiver.symbol === violation.symbol);
