/** Shape checks of recorded frames: a recording is a file from anywhere. */
import type { WireBook, WireLevel, WireTrade } from '../market/types.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const DECIMAL = /^-?\d+(?:\.\d+)?$/;
const isDecimal = (value: unknown): value is string => typeof value === 'string' && DECIMAL.test(value);
const ADDRESS = /^0x[0-9a-f]{40}$/;

/** @throws Error when the line is not a recorded frame */
export function frameFields(line: string): { received: number; channel: string; data: unknown } {
  const frame: unknown = JSON.parse(line);
  if (!isObject(frame)) throw new Error('not an object');
  const { received_wall_ns: received, channel, data } = frame;
  if (typeof received !== 'number' || typeof channel !== 'string') throw new Error('fields missing');
  return { received, channel, data };
}

function isTrade(value: unknown): value is WireTrade {
  if (!isObject(value)) return false;
  const { coin, side, px, sz, time, hash, tid, users } = value;
  return (
    typeof coin === 'string' &&
    (side === 'A' || side === 'B') &&
    isDecimal(px) &&
    isDecimal(sz) &&
    Number.isSafeInteger(time) &&
    typeof hash === 'string' &&
    Number.isSafeInteger(tid) &&
    Array.isArray(users) &&
    users.length === 2 &&
    users.every((user) => typeof user === 'string' && ADDRESS.test(user))
  );
}

/** @throws Error when a trades frame has a row that is not a trade */
export function isTradeList(data: unknown): data is WireTrade[] {
  if (!Array.isArray(data) || !data.every(isTrade)) throw new Error('not a list of trades');
  return true;
}

const isLevel = (value: unknown): value is WireLevel =>
  isObject(value) && isDecimal(value['px']) && isDecimal(value['sz']) && typeof value['n'] === 'number';

/** @throws Error when an l2Book frame is not a book */
export function isBookData(data: unknown): data is WireBook & { coin: string } {
  if (!isObject(data) || typeof data['coin'] !== 'string' || typeof data['time'] !== 'number')
    throw new Error('not a book');
  const levels = data['levels'];
  if (!Array.isArray(levels) || levels.length !== 2) throw new Error('not a book');
  if (!levels.every((side) => Array.isArray(side) && side.every(isLevel))) throw new Error('not a book');
  return true;
}

/** @throws Error when a bbo frame is not a best bid and offer */
export function isBboData(
  data: unknown,
): data is { coin: string; time: number; bbo: [WireLevel | null, WireLevel | null] } {
  if (!isObject(data) || typeof data['coin'] !== 'string' || typeof data['time'] !== 'number')
    throw new Error('not a bbo');
  const bbo = data['bbo'];
  if (!Array.isArray(bbo) || bbo.length !== 2 || !bbo.every((level) => level === null || isLevel(level)))
    throw new Error('not a bbo');
  return true;
}
