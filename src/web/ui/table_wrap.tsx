import type { ReactNode } from 'react';
import { tableClass as t } from './table.ts';

/** A table that may be wider than its place: it scrolls inside, by keyboard too. */
export const TableWrap = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className={t('wrap')} tabIndex={0} aria-label={label}>
    <table className={t('table')}>{children}</table>
  </section>
);
