import { ToggleGroup } from 'radix-ui';
import styles from './choices.module.css';
import { pick } from './pick.ts';

const c = pick(styles);

/** Any number of several: arrow keys move, Space toggles. */
export function ToggleChips<Value extends string>({
  label,
  values,
  chosen,
  onChange,
}: {
  readonly label: string;
  readonly values: readonly Value[];
  readonly chosen: readonly Value[];
  readonly onChange: (chosen: Value[]) => void;
}) {
  return (
    <ToggleGroup.Root
      type="multiple"
      aria-label={label}
      className={c('group')}
      value={[...chosen]}
      onValueChange={(next) => onChange(values.filter((value) => next.includes(value)))}
    >
      {values.map((value) => (
        <ToggleGroup.Item key={value} value={value} className={c('chip')}>
          {value}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

/** One of a short list, by the platform's own control. */
export function Select<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}) {
  return (
    <select
      aria-label={label}
      className={c('select')}
      value={value}
      onChange={(event) => {
        const chosen = choices.find((choice) => choice.value === event.target.value);
        if (chosen !== undefined) onChange(chosen.value);
      }}
    >
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}
