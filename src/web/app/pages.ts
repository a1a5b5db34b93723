import type { IconName } from '../ui/icon.tsx';

/** The pages of the navigation, in order. `key` follows g. */
export const PAGES = [
  { to: '/', title: 'Overview', icon: 'overview', key: 'o' },
  { to: '/leaderboard', title: 'Leaders', icon: 'leaders', key: 'b' },
  { to: '/traders', title: 'Traders', icon: 'traders', key: 't' },
  { to: '/live', title: 'Live', icon: 'live', key: 'l' },
  { to: '/system', title: 'System', icon: 'system', key: 's' },
] as const satisfies readonly {
  readonly to: string;
  readonly title: string;
  readonly icon: IconName;
  readonly key: string;
}[];
