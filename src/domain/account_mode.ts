/** How an account holds its balances, in the venue's words. */

/** Modes whose equity is in the spot account, one for all dexs: the per-dex summaries say nothing about them. */
export const UNIFIED_MODES = ['unifiedAccount', 'portfolioMargin'] as const;

/** @param mode null: not known. */
export const isUnified = (mode: string | null): boolean => UNIFIED_MODES.some((one) => one === mode);
