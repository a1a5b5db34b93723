/** Single keys: g then a letter goes to a page, / searches, . pauses, ? explains. They can be turned off. */
import { browserClock } from '../browser.ts';

export interface ShortcutActions {
  readonly goTo: (letter: string) => boolean;
  readonly search: () => void;
  readonly pause: () => void;
  readonly help: () => void;
  readonly enabled: () => boolean;
}

/** The letter must follow g within this time, ms. */
const CHORD_MS = 1_200;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** @returns the way to stop listening. */
export function startShortcuts(actions: ShortcutActions): () => void {
  let chordSince: number | null = null;
  const single: Readonly<Record<string, () => void>> = {
    '/': actions.search,
    '.': actions.pause,
    '?': actions.help,
  };
  const onKey = (event: KeyboardEvent) => {
    if (!actions.enabled() || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector('dialog[open], [role="menu"]') !== null) return;
    const now = browserClock.monotonic();
    const inChord = chordSince !== null && now - chordSince < CHORD_MS;
    chordSince = null;
    if (inChord && actions.goTo(event.key)) {
      event.preventDefault();
    } else if (event.key === 'g') {
      chordSince = now;
    } else if (single[event.key] !== undefined) {
      event.preventDefault();
      single[event.key]?.();
    }
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
