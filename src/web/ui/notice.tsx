import type { ReactNode } from 'react';
import { RequestError } from '../api/request.ts';
import { Button } from './button.tsx';
import { Icon, type IconName } from './icon.tsx';
import styles from './notice.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export interface NoticeProps {
  readonly level: 'danger' | 'warning' | 'info';
  readonly icon?: IconName;
  readonly children: ReactNode;
  readonly detail?: ReactNode;
  readonly action?: ReactNode;
}

/** Something the reader should know, in place. Danger interrupts a screen reader, the rest waits. */
export function Notice({ level, icon = 'alert', children, detail, action }: NoticeProps) {
  return (
    <div className={c('notice', level !== 'info' && level)} role={level === 'danger' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div className={c('body')}>
        {children}
        {detail === undefined ? null : <span className={c('detail')}>{detail}</span>}
      </div>
      {action === undefined ? null : <div className={c('action')}>{action}</div>}
    </div>
  );
}

/** A request failed. Data that is there already stays on the page. */
export function Failure({
  what,
  error,
  retry,
}: {
  readonly what: string;
  readonly error: unknown;
  readonly retry: () => void;
}) {
  const message = error instanceof Error ? error.message : String(error);
  const request = error instanceof RequestError ? error.requestId : null;
  return (
    <Notice
      level="danger"
      detail={request === null ? undefined : `Request ${request} in the log of the api service`}
      action={
        <Button small onClick={retry}>
          Retry
        </Button>
      }
    >
      {what} could not be loaded. {message}
    </Notice>
  );
}

/** Nothing to show: why, and the one thing to do about it. */
export const Empty = ({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) => (
  <div className={c('empty')}>
    <div>
      <strong>{title}</strong>
      {children}
    </div>
    {action}
  </div>
);

const LINES = Array.from({ length: 24 }, (_, index) => `line-${index}`);

/** Quiet lines in the final geometry; they appear only when loading takes longer than 150 ms. */
export const Skeleton = ({ lines, label }: { readonly lines: number; readonly label: string }) => (
  <div className={c('skeleton')}>
    <span className="hidden-text" role="status">
      {label}
    </span>
    {LINES.slice(0, lines).map((line) => (
      <div key={line} className={c('line')} aria-hidden="true" />
    ))}
  </div>
);
