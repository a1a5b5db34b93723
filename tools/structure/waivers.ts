/** Exceptions to the structure rules. Each says why; one that is no longer needed fails the check. */
import type { Waiver } from './check.ts';

export const WAIVERS: readonly Waiver[] = [];
