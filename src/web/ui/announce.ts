/** Says a sentence to screen readers, politely. */
import { createStore } from '../live/store.ts';

export const announcement = createStore('');
let flip = false;

export function announce(text: string): void {
  // A trailing no-break space makes a repeated sentence a new one.
  flip = !flip;
  announcement.set(flip ? text : `${text}\u00a0`);
}
