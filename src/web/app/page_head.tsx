import { type ReactNode, useEffect, useRef } from 'react';
import { announce } from '../ui/announce.ts';
import { pick } from '../ui/pick.ts';
import { TITLE_PREFIX, useMode } from './mode.ts';
import styles from './page_head.module.css';

const c = pick(styles);

export interface PageHeadProps {
  readonly title: string;
  /** For the browser's tab, where the heading is no plain text. */
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}

/** The page that the app was opened with keeps the browser's own focus; later ones take it to their heading. */
let firstPage = true;

function useHeadingFocus(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (firstPage) {
      firstPage = false;
      return;
    }
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    announce(`${title} page`);
  }, [title]);
  return heading;
}

/** Heading of a page; also names the browser's tab, with the mode in front. */
export function PageHead({ title, heading, lead, actions }: PageHeadProps) {
  const mode = useMode();
  const place = useHeadingFocus(title);
  useEffect(() => {
    document.title = `${TITLE_PREFIX[mode]}${title} · Autotrade`;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = mode === 'simulated' ? '/favicon-simulated.svg' : '/favicon.svg';
  }, [mode, title]);
  return (
    <div className={c('head')}>
      <h1 ref={place} tabIndex={-1}>
        {heading ?? title}
      </h1>
      {lead === undefined ? null : <span className={c('lead')}>{lead}</span>}
      {actions === undefined ? null : <div className={c('actions')}>{actions}</div>}
    </div>
  );
}
