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

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Choices of one group stand together under its name. */
  readonly group?: string;
}

const Options = ({ choices }: { readonly choices: readonly Choice<string>[] }) =>
  choices.map((choice) => (
    <option key={choice.value} value={choice.value}>
      {choice.label}
    </option>
  ));

/** One of a list, by the platform's own control. */
export function Select<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onChange: (value: Value) => void;
}) {
  const groups = [...new Set(choices.map((choice) => choice.group))];
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
      {groups.map((group) => {
        const options = <Options key={group} choices={choices.filter((choice) => choice.group === group)} />;
        return group === undefined ? (
          options
        ) : (
          <optgroup key={group} label={group}>
            {options}
          </optgroup>
        );
      })}
    </select>
  );
}
