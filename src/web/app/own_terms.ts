/** A follower's own terms, as this browser remembers them from the last time they were written. */
import { remember, remembered } from '../browser.ts';
import { MY_TERMS, type MyTerm, termsOf } from './board_state.ts';

/** Set ones in the units of the API. */
export type Terms = Partial<Record<MyTerm, number>>;

export const rememberedTerms = (): Terms =>
  termsOf(Object.fromEntries(new URLSearchParams(remembered('my-terms') ?? '')));

export function rememberTerms(terms: Terms): void {
  const set = MY_TERMS.flatMap(({ name }) => {
    const value = terms[name];
    return value === undefined ? [] : [[name, String(value)]];
  });
  remember('my-terms', new URLSearchParams(set).toString());
}
