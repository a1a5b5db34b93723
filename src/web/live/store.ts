/** A value that components can watch: the smallest thing that fits React's useSyncExternalStore. */
import { useSyncExternalStore } from 'react';

export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  /** @returns the way to stop watching. */
  watch(run: () => void): () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const run of watchers) run();
    },
    watch(run) {
      watchers.add(run);
      return () => void watchers.delete(run);
    },
  };
}

export const useStore = <Value>(store: Store<Value>): Value => useSyncExternalStore(store.watch, store.get);

/** Watches one part; the component renders again only when that part changes (by identity). */
export const usePart = <Value, Part>(store: Store<Value>, part: (value: Value) => Part): Part =>
  useSyncExternalStore(store.watch, () => part(store.get()));
