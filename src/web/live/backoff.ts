/** Reconnect pause in ms: exponential with full jitter, so that a thousand browsers do not return as one. */
export function reconnectDelay(attempt: number, random: () => number): number {
  const ceiling = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(150 + random() * (ceiling - 150));
}
