import { type ReactNode, useId } from 'react';
import styles from './card.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export interface CardProps {
  readonly title: string;
  /** One quiet line beside the title. */
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly padded?: boolean;
  readonly children: ReactNode;
}

/** A titled region of a page. */
export function Card({ title, note, actions, padded = false, children }: CardProps) {
  const id = useId();
  return (
    <section className={c('card')} aria-labelledby={id}>
      <div className={c('head')}>
        <h2 id={id}>{title}</h2>
        {note === undefined ? null : <span className={c('note')}>{note}</span>}
        {actions === undefined ? null : <div className={c('actions')}>{actions}</div>}
      </div>
      {padded ? <div className={c('padded')}>{children}</div> : children}
    </section>
  );
}
