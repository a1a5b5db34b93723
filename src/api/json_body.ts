import { ApiError } from './errors.ts';

/** Levels of arrays and objects that a body may have. */
export const MAX_JSON_DEPTH = 16;

/** Deepest nesting of brackets outside strings; stops counting beyond `limit`. Linear, no recursion. */
export function jsonDepth(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (deepest > limit) return deepest;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/**
 * A JSON body or message, with limits before the parser sees it.
 * @throws ApiError `REQUEST_TOO_DEEP` or `REQUEST_INVALID`; keys that reach for a prototype are refused.
 */
export function parseJsonText(text: string): unknown {
  if (jsonDepth(text, MAX_JSON_DEPTH) > MAX_JSON_DEPTH) throw new ApiError('REQUEST_TOO_DEEP');
  let poisoned = false;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, inner: unknown) => {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') poisoned = true;
      return inner;
    });
  } catch {
    throw new ApiError('REQUEST_INVALID', 'The body is not valid JSON.');
  }
  if (poisoned) throw new ApiError('REQUEST_INVALID', 'The body has a key that is not allowed.');
  return value;
}
