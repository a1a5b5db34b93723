import { type FormEvent, useState } from 'react';
import { formatDuration, formatNumber } from '../format/number.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from '../ui/form.module.css';
import { pick } from '../ui/pick.ts';
import { MY_TERMS, type MyTerm, termsOf } from './board_state.ts';
import { rememberTerms, type Terms } from './own_terms.ts';

const c = pick(styles);

const LOOKS: Readonly<
  Record<
    MyTerm,
    { readonly label: string; readonly scale: number; readonly usual: string; readonly hint: string }
  >
> = {
  equity: {
    label: 'My equity, USD',
    scale: 1,
    usual: '1000',
    hint: 'The more, the more your own orders move thin markets. Leaves out whoever needs more to be copied, and whoever trades markets that carry less.',
  },
  takerBp: { label: 'My taker fee, bps', scale: 1, usual: '4.5', hint: 'The base tier pays 4.5.' },
  latencyMs: { label: 'My delay, seconds', scale: 1_000, usual: '1.5', hint: 'From their fill to mine.' },
};

/** A delay in words, ms. */
export const delayText = (value: number): string =>
  value < 1_000 ? `${value} ms` : value < 60_000 ? `${value / 1_000} s` : formatDuration(value);

const termText: Readonly<Record<MyTerm, (value: number) => string>> = {
  equity: (value) => `For ${formatNumber(value.toFixed(2), 'usd-compact').text}`,
  takerBp: (value) => `Fee ${value} bps`,
  latencyMs: (value) => `Delay ${delayText(value)}`,
};

/** The terms in force, each with the way to take it off. */
export const TermChips = ({
  terms,
  onChange,
}: {
  readonly terms: Terms;
  readonly onChange: (change: Record<string, undefined>) => void;
}) =>
  MY_TERMS.map(({ name }) => {
    const value = terms[name];
    return value === undefined ? null : (
      <span key={name} className={c('chip')}>
        {termText[name](value)}
        <IconButton
          icon="cross"
          small
          label={`Remove ${LOOKS[name].label}`}
          onClick={() => {
            const { [name]: _, ...rest } = terms;
            rememberTerms(rest);
            onChange({ [name]: undefined });
          }}
        />
      </span>
    );
  });

/** A written figure in the unit of the API; undefined: nothing written; null: not accepted. */
function accepted(name: MyTerm, written: string): number | undefined | null {
  const text = written.trim();
  if (text === '') return undefined;
  if (!/^\d{1,12}(\.\d{1,4})?$/.test(text)) return null;
  const value = Math.round(Number(text) * LOOKS[name].scale * 1e4) / 1e4;
  return termsOf({ [name]: value })[name] ?? null;
}

/** Asks for the terms, the set ones filled in, and remembers what is written. */
export function TermsDialog({
  title,
  done,
  meaning,
  terms: now,
  onChange,
  onClose,
}: {
  readonly title: string;
  /** On the button that ends it. */
  readonly done: string;
  readonly meaning: string;
  readonly terms: Terms;
  readonly onChange: (terms: Terms) => void;
  readonly onClose: () => void;
}) {
  const before = (name: MyTerm) => {
    const value = now[name];
    return value === undefined ? '' : String(value / LOOKS[name].scale);
  };
  const [written, setWritten] = useState<Record<MyTerm, string>>({
    equity: before('equity'),
    takerBp: before('takerBp'),
    latencyMs: before('latencyMs'),
  });
  const values = MY_TERMS.map(({ name }) => [name, accepted(name, written[name])] as const);
  const ready = values.every(([, value]) => value !== null);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const terms: Terms = {};
    for (const [name, value] of values) if (value !== null && value !== undefined) terms[name] = value;
    rememberTerms(terms);
    onChange(terms);
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={c('form')} onSubmit={apply}>
        <p className={c('faint')}>{meaning}</p>
        {values.map(([name, value]) => (
          <label key={name} className={c('field')}>
            {LOOKS[name].label}
            <input
              inputMode="decimal"
              autoComplete="off"
              placeholder={LOOKS[name].usual}
              aria-invalid={value === null}
              value={written[name]}
              onChange={(event) => setWritten({ ...written, [name]: event.target.value })}
            />
            <span className={c(value === null ? 'wrong' : 'faint')}>
              {value === null ? 'cannot be meant' : LOOKS[name].hint}
            </span>
          </label>
        ))}
        <Button look="primary" type="submit" disabled={!ready}>
          {done}
        </Button>
      </form>
    </Dialog>
  );
}
