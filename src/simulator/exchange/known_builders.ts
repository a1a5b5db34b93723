import type { Address } from '../../domain/address.ts';

/**
 * Builders that a common client names in its orders by itself. On the real venue they are funded accounts; a world
 * without them would refuse that client's first order ("Builder has insufficient balance to be approved.").
 */
export const KNOWN_BUILDERS: readonly Address[] = [
  // ccxt
  '0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6' as Address,
];
