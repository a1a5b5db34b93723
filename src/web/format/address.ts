/** Addresses are shown 6…4: with a million random ones, fewer than one pair looks alike. */
export const shortAddress = (address: string): string =>
  address.length <= 14 ? address : `${address.slice(0, 8)}\u2026${address.slice(-4)}`;

/** All 42 characters in groups of four after 0x: for places where money depends on the address. */
export const groupedAddress = (address: string): string =>
  `0x ${address.slice(2).replace(/(.{4})(?=.)/g, '$1 ')}`;
