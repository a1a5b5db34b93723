import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { pick } from '../ui/pick.ts';
import { tableClass as t } from '../ui/table.ts';
import styles from './figure.module.css';

const c = pick(styles);

export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly ReactNode[])[];
}

/** A chart with a sentence that says what it shows, and the same figures as a table: its accessible form. */
export function Figure({
  caption,
  table,
  credit,
  children,
}: {
  readonly caption: ReactNode;
  readonly table: () => FigureTable;
  readonly credit?: ReactNode;
  readonly children: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className={c('figure')}>
      <figcaption className={c('caption')}>
        <span>{caption}</span>
        <Button small look="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          Table
        </Button>
      </figcaption>
      {asTable ? <FigureRows table={table()} /> : children}
      {credit === undefined || asTable ? null : <p className={c('credit')}>{credit}</p>}
    </figure>
  );
}

const FigureRows = ({ table }: { readonly table: FigureTable }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  <section className={c('scroll')} tabIndex={0} aria-label="Figures of the chart">
    <table className={t('table')}>
      <thead>
        <tr>
          {table.head.map((name, index) => (
            <th key={name} scope="col" className={t(index > 0 && 'right')}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={table.head[column]} className={t(column > 0 && 'right')}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

export const canvasClass = c('canvas');
