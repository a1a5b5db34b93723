import { type FormEvent, useState } from 'react';
import { type BoardView, MY_TERMS, type MyTerm } from '../../app/board_state.ts';
import { formatDuration, formatNumber } from '../../format/number.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { pick } from '../../ui/pick.ts';
import styles from './leaderboard.module.css';

const c = pick(styles);

/** Set ones in the units of the API. */
type Terms = Partial<Record<MyTerm, number>>;

const LOOKS: Readonly<
  Record<
    MyTerm,
    { readonly label: string; readonly scale: number; readonly usual: string; readonly hint: string }
  >
> = {
  equity: {
    label: 'My equity, USD',
    scale: 1,
    usual: '10000',
    hint: 'The more, the more your own orders move thin markets. Leaves out whoever needs more to be copied, and whoever trades markets that carry less.',
  },
  takerBp: { label: 'My taker fee, bps', scale: 1, usual: '4.5', hint: 'The base tier pays 4.5.' },
  latencyMs: { label: 'My delay, seconds', scale: 1_000, usual: '1.5', hint: 'From their fill to mine.' },
};

const chipText: Readonly<Record<MyTerm, (value: number) => string>> = {
  equity: (value) => `For ${formatNumber(value.toFixed(2), 'usd-compact').text}`,
  takerBp: (value) => `Fee ${value} bps`,
  latencyMs: (value) =>
    `Delay ${value < 1_000 ? `${value} ms` : value < 60_000 ? `${value / 1_000} s` : formatDuration(value)}`,
};

/** The terms in force, each with the way to take it off. */
export const TermChips = ({
  view,
  onChange,
}: {
  readonly view: BoardView;
  readonly onChange: (change: Record<string, undefined>) => void;
}) =>
  MY_TERMS.map(({ name }) => {
    const value = view[name];
    return value === undefined ? null : (
      <span key={name} className={c('chip')}>
        {chipText[name](value)}
        <IconButton
          icon="cross"
          small
          label={`Remove ${LOOKS[name].label}`}
          onClick={() => onChange({ [name]: undefined })}
        />
      </span>
    );
  });

/** A written figure in the unit of the API; undefined: nothing written; null: not accepted. */
function accepted(name: MyTerm, written: string): number | undefined | null {
  const text = written.trim();
  if (text === '') return undefined;
  const bounds = MY_TERMS.find((term) => term.name === name);
  const value = /^\d{1,12}(\.\d{1,4})?$/.test(text)
    ? Math.round(Number(text) * LOOKS[name].scale * 1e4) / 1e4
    : Number.NaN;
  return bounds !== undefined && value >= bounds.least && value <= bounds.most ? value : null;
}

export function TermsDialog({
  view,
  onChange,
  onClose,
}: {
  readonly view: BoardView;
  readonly onChange: (terms: Readonly<Record<MyTerm, number | undefined>>) => void;
  readonly onClose: () => void;
}) {
  const before = (name: MyTerm) => {
    const value = view[name];
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
    onChange({ equity: terms.equity, takerBp: terms.takerBp, latencyMs: terms.latencyMs });
    onClose();
  };
  return (
    <Dialog title="Rank for me" onClose={onClose}>
      <form className={c('form')} onSubmit={apply}>
        <p className={c('faint')}>
          The board of followers is ranked again for what you write here. Empty: a standard follower of
          $1,000. Copy ratio, reproduced and scale compare your copy with the trader.
        </p>
        {values.map(([name, value]) => (
          <label key={name}>
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
          Rank for me
        </Button>
      </form>
    </Dialog>
  );
}
