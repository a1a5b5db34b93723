/**
 * Magic inputs that trigger a fault through the ordinary API, for clients that cannot reach the control port: a
 * cloid or a user address that begins with 0xfa17 and the two digits of the fault.
 */
import type { Fields } from '../wire/backend.ts';
import { type FaultRule, faultRule } from './rules.ts';

type SentinelRule = Extract<FaultRule, { path?: unknown }>;

const rule = (input: unknown): SentinelRule => faultRule.parse(input) as SentinelRule;

/** The digits after 0xfa17. */
export const SENTINELS: ReadonlyMap<string, SentinelRule> = new Map([
  ['01', rule({ kind: 'timeout', stage: 'before' })],
  ['02', rule({ kind: 'timeout', stage: 'after' })],
  ['03', rule({ kind: 'http-status', status: 500, stage: 'before' })],
  ['04', rule({ kind: 'http-status', status: 500, stage: 'after' })],
  ['05', rule({ kind: 'http-status', status: 429 })],
  ['06', rule({ kind: 'html' })],
  ['07', rule({ kind: 'truncate' })],
  ['08', rule({ kind: 'slow', delayMs: 5000 })],
  ['09', rule({ kind: 'reset', stage: 'before' })],
  ['10', rule({ kind: 'reset', stage: 'after' })],
  ['11', rule({ kind: 'schema-drift', drift: 'null' })],
  ['12', rule({ kind: 'schema-drift', drift: 'prototype' })],
]);

const MARK = /^0xfa17(\d\d)/i;
const digitsOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? MARK.exec(value)?.[1] : undefined;

function cloids(action: Fields | undefined): unknown[] {
  const lists = [action?.['orders'], action?.['cancels'], action?.['modifies']];
  const items = lists.find(Array.isArray) ?? [action];
  return items.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const { c, cloid, oid, order } = item as Fields;
    return [c, cloid, oid, (order as Fields | undefined | null)?.['c']];
  });
}

/** The fault that the request asks for, if it carries a sentinel. */
export function sentinelRule(body: Fields): SentinelRule | undefined {
  const action = body['action'];
  const marked = [
    body['user'],
    body['oid'],
    ...cloids(typeof action === 'object' && action !== null ? (action as Fields) : undefined),
  ];
  for (const value of marked) {
    const found = SENTINELS.get(digitsOf(value) ?? '');
    if (found !== undefined) return found;
  }
  return undefined;
}
