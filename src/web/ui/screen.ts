import { useSyncExternalStore } from 'react';

const watchWidth = (run: () => void): (() => void) => {
  window.addEventListener('resize', run);
  return () => window.removeEventListener('resize', run);
};

/** Width of the page in CSS pixels. */
export const usePageWidth = (): number => useSyncExternalStore(watchWidth, () => window.innerWidth);

const COARSE = '(pointer: coarse)';
const watchPointer = (run: () => void): (() => void) => {
  const query = window.matchMedia(COARSE);
  query.addEventListener('change', run);
  return () => query.removeEventListener('change', run);
};

/** A finger rather than a mouse: rows and targets are 44 px. */
export const useCoarsePointer = (): boolean =>
  useSyncExternalStore(watchPointer, () => window.matchMedia(COARSE).matches);
