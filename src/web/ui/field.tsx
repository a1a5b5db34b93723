import { useEffect, useRef, useState } from 'react';
import { browserClock, type Timer } from '../browser.ts';
import styles from './field.module.css';
import { Icon } from './icon.tsx';
import { pick } from './pick.ts';

const c = pick(styles);
const TYPING_MS = 300;

/**
 * A filter that is written into the URL: while typing the address is replaced, on Enter it becomes a step of the
 * history. `clean` gives the accepted form, or null for text that cannot be meant.
 */
export function FilterField({
  label,
  placeholder,
  value,
  clean,
  onChange,
  wide = false,
}: {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly clean: (text: string) => string | null;
  readonly onChange: (value: string, how: 'replace' | 'push') => void;
  readonly wide?: boolean;
}) {
  const [text, setText] = useState(value);
  const timer = useRef<Timer | null>(null);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => () => timer.current?.cancel(), []);
  const accepted = clean(text);
  const send = (next: string | null, how: 'replace' | 'push') => {
    timer.current?.cancel();
    if (next === null) return;
    sent.current = next;
    onChange(next, how);
  };
  return (
    <span className={c('field', wide && 'wide')}>
      <Icon name="search" />
      <input
        className={c('input')}
        type="search"
        aria-label={label}
        aria-invalid={accepted === null}
        placeholder={placeholder}
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          timer.current?.cancel();
          timer.current = browserClock.after(TYPING_MS, () => send(clean(next), 'replace'));
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') send(accepted, 'push');
        }}
      />
    </span>
  );
}
