/**
 * Waits that give up by seconds in which this process ran. Whatever stops the process for a while (a laptop that
 * sleeps, a frozen container) stops the server in it too, so the wall clock says nothing about a hang.
 */
const LIMIT_SECONDS = 60;

interface Waiting {
  /** Seconds left. */
  left: number;
  readonly giveUp: (error: Error) => void;
}
const waiting = new Set<Waiting>();
setInterval(() => {
  for (const one of waiting) {
    one.left--;
    if (one.left > 0) continue;
    waiting.delete(one);
    one.giveUp(new Error(`no answer in ${LIMIT_SECONDS} s`));
  }
}, 1000).unref();

/** As `new Promise(run)`, but rejects when `run` says nothing for a minute. */
export function patiently<T>(
  run: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const one: Waiting = { left: LIMIT_SECONDS, giveUp: reject };
    waiting.add(one);
    const settled =
      <V>(then: (value: V) => void) =>
      (value: V) => {
        waiting.delete(one);
        then(value);
      };
    run(settled(resolve), settled(reject));
  });
}
