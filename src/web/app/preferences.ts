/** What the reader chose: remembered in this browser, applied to <html> as data attributes. */
import { remember, remembered } from '../browser.ts';
import { createStore } from '../live/store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const PROFIT_COLOURS = ['teal-red', 'blue-orange', 'red-up'] as const;
export type ProfitColours = (typeof PROFIT_COLOURS)[number];

export interface Preferences {
  readonly theme: Theme;
  readonly profit: ProfitColours;
  /** Single-key shortcuts, which can get in the way of speech input. */
  readonly shortcuts: boolean;
}

const oneOf = <Value extends string>(values: readonly Value[], text: string | null, standard: Value): Value =>
  values.find((value) => value === text) ?? standard;

export const preferences = createStore<Preferences>({
  theme: oneOf(THEMES, remembered('theme'), 'system'),
  profit: oneOf(PROFIT_COLOURS, remembered('profit'), 'teal-red'),
  shortcuts: remembered('shortcuts') !== 'off',
});

/** The theme in force, the system's choice resolved: what charts and `data-theme` go by. */
export const resolvedTheme = createStore<'light' | 'dark'>('dark');

const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

function applyPreferences(): void {
  const { theme, profit } = preferences.get();
  const resolved = theme === 'system' ? (systemDark.matches ? 'dark' : 'light') : theme;
  const root = document.documentElement;
  root.dataset['theme'] = resolved;
  root.dataset['profit'] = profit;
  resolvedTheme.set(resolved);
}

export function choose(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change };
  preferences.set(next);
  remember('theme', next.theme);
  remember('profit', next.profit);
  remember('shortcuts', next.shortcuts ? 'on' : 'off');
  applyPreferences();
}

export function startPreferences(): void {
  applyPreferences();
  systemDark.addEventListener('change', applyPreferences);
}
