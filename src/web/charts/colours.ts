/** Colours for drawing on canvas, read from the tokens that the page itself uses. */
import { preferences, resolvedTheme } from '../app/preferences.ts';
import { useStore } from '../live/store.ts';

export interface ChartColours {
  readonly surface: string;
  readonly text: string;
  readonly grid: string;
  readonly accent: string;
  readonly wash: string;
  readonly down: string;
  readonly downWash: string;
  readonly warning: string;
  readonly danger: string;
  readonly series: readonly string[];
}

export function readColours(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: token('surface'),
    text: token('text-2'),
    grid: token('divider'),
    accent: token('accent'),
    wash: token('accent-wash'),
    down: token('down'),
    downWash: token('down-wash'),
    warning: token('warning'),
    danger: token('danger'),
    series: [token('accent'), token('up'), token('short'), token('warning'), token('text-3')],
  };
}

/** Changes whenever the colours do: a chart is drawn anew with it as its key. */
export function useColourKey(): string {
  const theme = useStore(resolvedTheme);
  const { profit } = useStore(preferences);
  return `${theme}/${profit}`;
}
