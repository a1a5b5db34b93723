/** Answers a request under a fault's fate: late, lost before or after the venue acted, or changed. */
import { type Fields, RequestRefused } from './backend.ts';
import type { AnswerFate, RequestFate } from './fault_gate.ts';

/** What goes back to the client: a status with a text, nothing ever, or a broken connection. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' };

const JSON_TYPE = 'application/json';
const NO_HEADERS = {};

/** The handler's answer or refusal as an outcome; anything else that it throws passes through. */
async function plainOutcome(handle: () => Promise<unknown> | unknown): Promise<Outcome> {
  try {
    const body = JSON.stringify(await handle());
    return { kind: 'answer', status: 200, contentType: JSON_TYPE, body, headers: NO_HEADERS };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const { status, contentType, body } = error;
    return { kind: 'answer', status, contentType, body, headers: NO_HEADERS };
  }
}

function changed(outcome: Outcome, fate: AnswerFate | undefined): Outcome {
  if (fate === undefined) return outcome;
  if (fate.kind === 'replace') return { ...fate, kind: 'answer' };
  if (fate.kind !== 'rewrite') return fate;
  return outcome.kind === 'answer' && outcome.status === 200
    ? { ...outcome, body: fate.rewrite(outcome.body) }
    : outcome;
}

/** @param sleep waits ms */
export async function fatedOutcome(
  fate: RequestFate | undefined,
  sleep: (ms: number) => Promise<void>,
  handle: () => Promise<unknown> | unknown,
): Promise<Outcome> {
  if (fate === undefined) return plainOutcome(handle);
  if (fate.delayMs > 0) await sleep(fate.delayMs);
  if (fate.stage === 'before' && fate.answer !== undefined && fate.answer.kind !== 'rewrite')
    return changed({ kind: 'hang' }, fate.answer);
  return changed(await plainOutcome(handle), fate.answer);
}

/** A body's fields for matching faults; one that is no object matches none. */
export const matchable = (body: unknown): Fields =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Fields) : {};
