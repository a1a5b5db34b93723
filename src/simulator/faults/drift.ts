/** Answers whose shape has moved: what a client sees after a release that nobody announced. */
import type { FaultRule } from './rules.ts';

type Drift = Extract<FaultRule, { kind: 'schema-drift' }>['drift'];

/** Rewrites the first place of a JSON text where the drift applies; a text without one is left as it is. */
export function driftText(text: string, drift: Drift): string {
  switch (drift) {
    case 'null':
      return text.replace(/:"-?\d+(?:\.\d+)?"/, ':null');
    case 'number-as-string':
      return text.replace(/:(-?\d+(?:\.\d+)?)(?=[,}\]])/, ':"$1"');
    case 'string-as-number':
      return text.replace(/:"(-?\d+(?:\.\d+)?)"/, ':$1');
    case 'extra-field':
      return text.replace('{', '{"addedInARelease":{"since":1},');
    case 'missing-field':
      return text.replace(/"[A-Za-z]+":(?:"[^"]*"|-?\d+(?:\.\d+)?|null|true|false),/, '');
    case 'prototype':
      return text.replace(
        '{',
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},',
      );
  }
}
