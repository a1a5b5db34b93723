/** A modal dialog by the platform's own element: focus stays inside, Escape closes, the rest of the page is inert. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';
import styles from './dialog.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** For a table. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** Mounted is open; closing gives the focus back to where it was. */
export function Dialog({ title, onClose, wide = false, children }: DialogProps) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={c('dialog', wide && 'wide')}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className={c('head')}>
        <h2 id={id}>{title}</h2>
        <IconButton icon="cross" label="Close" onClick={onClose} />
      </div>
      <div className={c('body')}>{children}</div>
    </dialog>
  );
}
