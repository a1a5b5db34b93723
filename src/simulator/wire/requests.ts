/** One REST request from parsed body to answer: weights, limits, handler, exact refusals. */
import { type Backend, type Fields, RequestRefused, undeserialisable } from './backend.ts';
import type { IpLedger } from './limits.ts';
import { actionWeight, infoSurcharge, infoWeight } from './weights.ts';

/** Body of a 429: the four letters null, without Retry-After. */
const tooManyRequests = (): RequestRefused => new RequestRefused(429, 'null', 'application/json');

/** A JSON object, or the refusal that the venue's deserialiser gives. */
export function asFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw undeserialisable();
  return value as Fields;
}

/** Answers an /info body. @throws RequestRefused */
export function answerInfo(
  backend: Backend,
  ledger: IpLedger,
  body: unknown,
): { type: string; data: unknown } {
  const request = asFields(body);
  const type = request['type'];
  if (!ledger.takeWeight(infoWeight(typeof type === 'string' ? type : ''))) throw tooManyRequests();
  if (typeof type !== 'string') throw undeserialisable();
  const handler = backend.info.get(type);
  if (handler === undefined) throw undeserialisable();
  const data = handler(request);
  ledger.addWeight(infoSurcharge(type, data));
  return { type, data };
}

/** Answers an /exchange envelope. @throws RequestRefused */
export async function answerExchange(backend: Backend, ledger: IpLedger, body: unknown): Promise<unknown> {
  const envelope = asFields(body);
  const action = asFields(envelope['action']);
  if (!ledger.takeWeight(actionWeight(batchLength(action)))) throw tooManyRequests();
  if (backend.exchange === undefined)
    throw new RequestRefused(501, 'this market source has no accounts that can trade');
  return backend.exchange(envelope);
}

/** Account that an /exchange body acts for, or undefined. */
export function actorOf(backend: Backend, body: unknown): string | undefined {
  try {
    const envelope = asFields(body);
    asFields(envelope['action']);
    return backend.actorOf?.(envelope);
  } catch (error) {
    if (error instanceof RequestRefused) return undefined;
    throw error;
  }
}

/** Number of orders, cancels or modifies that an action carries; other actions count as one. */
function batchLength(action: Fields): number {
  for (const list of [action['orders'], action['cancels'], action['modifies']])
    if (Array.isArray(list)) return list.length;
  return 1;
}
