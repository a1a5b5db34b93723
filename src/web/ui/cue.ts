/**
 * The short tint of a figure that moved: at most one per figure and second, none beyond sixty in one frame, none
 * for readers who asked for less motion, none out of sight (callers only mount what is visible).
 */
import { browserClock } from '../browser.ts';

const MOST_PER_FRAME = 60;
const PAUSE_MS = 1_000;
let shownInFrame = 0;
let frameArmed = false;

const lastShown = new WeakMap<Element, number>();

const lessMotion = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export function showCue(element: Element, direction: 'up' | 'down'): void {
  const now = browserClock.monotonic();
  if (now - (lastShown.get(element) ?? -PAUSE_MS) < PAUSE_MS) return;
  if (shownInFrame >= MOST_PER_FRAME || lessMotion()) return;
  if (!frameArmed) {
    frameArmed = true;
    browserClock.frame(() => {
      frameArmed = false;
      shownInFrame = 0;
    });
  }
  shownInFrame += 1;
  lastShown.set(element, now);
  const tint = getComputedStyle(element).getPropertyValue(`--${direction}-wash`);
  element.animate([{ backgroundColor: tint }, { backgroundColor: 'transparent' }], {
    duration: 300,
    easing: 'ease-out',
  });
}
