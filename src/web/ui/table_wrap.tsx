import type { ReactNode } from 'react';
import { usePageWidth } from './screen.ts';
import { tableClass as t } from './table.ts';

/** Below this page width, px, columns are hidden and the rest take what they need. */
const NARROW = 640;

/**
 * A table that may be wider than its place: it scrolls inside, by keyboard too. `widths` fixes its columns, and `least`
 * is what they need together, px.
 */
export function TableWrap({
  label,
  widths,
  least,
  children,
}: {
  readonly label: string;
  readonly widths?: readonly string[];
  readonly least?: number;
  readonly children: ReactNode;
}) {
  const fixed = usePageWidth() > NARROW && widths !== undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={t('wrap')} tabIndex={0} aria-label={label}>
      <table className={t('table', fixed && 'fixed')} style={fixed ? { minWidth: least } : undefined}>
        {fixed ? (
          <colgroup>
            {widths.map((width, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other identity
              <col key={index} style={{ width }} />
            ))}
          </colgroup>
        ) : null}
        {children}
      </table>
    </section>
  );
}
