/** A fate is a number in [0, 1) that depends on the seed and the identity of what it befalls, on nothing else. */

/** FNV-1a with a final avalanche: equal texts, equal numbers, on every platform. */
export function fateOf(seed: string, rule: string, identity: string): number {
  let hash = 0x811c_9dc5;
  const text = `${seed}\u0000${rule}\u0000${identity}`;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
