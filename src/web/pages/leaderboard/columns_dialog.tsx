import { useId, useState } from 'react';
import { METRIC_GROUPS, METRIC_NAMES, METRICS } from '../../../domain/board_metrics.ts';
import { BOARD_COLUMNS, type BoardColumn, OTHER_COLUMNS } from '../../app/board_state.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { pick } from '../../ui/pick.ts';
import { columnText } from './board_columns.tsx';
import styles from './columns_dialog.module.css';

const c = pick(styles);

const GROUPS: readonly { readonly name: string; readonly columns: readonly BoardColumn[] }[] = [
  { name: 'Rank and evidence', columns: OTHER_COLUMNS },
  ...METRIC_GROUPS.map((name) => ({
    name,
    columns: METRIC_NAMES.filter((metric) => METRICS[metric].group === name),
  })),
];

/** Whether all words that are looked for stand in the column's name, group or definition. */
function matches(column: BoardColumn, group: string, wanted: string): boolean {
  const { name, meaning } = columnText(column);
  const text = `${name} ${group} ${meaning} ${column}`.toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function ColumnChoice(props: {
  readonly column: BoardColumn;
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}) {
  const id = useId();
  const { name, meaning } = columnText(props.column);
  return (
    <div className={c('choice')}>
      <label>
        <input
          type="checkbox"
          checked={props.checked}
          aria-describedby={id}
          onChange={(event) => props.onChange(event.target.checked)}
        />
        {name}
      </label>
      <p id={id}>{meaning}</p>
    </div>
  );
}

/** Every column there is, by group, each with its definition; a choice takes effect at once. */
export function ColumnsDialog({
  columns,
  onChange,
  onClose,
}: {
  readonly columns: readonly BoardColumn[];
  /** Undefined: those that are shown when nobody chose. */
  readonly onChange: (columns: readonly BoardColumn[] | undefined) => void;
  readonly onClose: () => void;
}) {
  const [wanted, setWanted] = useState('');
  const groups = GROUPS.map(({ name, columns: all }) => ({
    name,
    columns: all.filter((column) => matches(column, name, wanted)),
  })).filter((group) => group.columns.length > 0);
  const found = groups.reduce((sum, group) => sum + group.columns.length, 0);
  return (
    <Dialog title="Columns" onClose={onClose} wide>
      <div className={c('chooser')}>
        <div className={c('search')}>
          <input
            type="search"
            aria-label="Search columns"
            placeholder="Search columns"
            autoComplete="off"
            spellCheck={false}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
          <output>
            {found} of {BOARD_COLUMNS.length}
          </output>
          <Button icon="back" onClick={() => onChange(undefined)}>
            Reset
          </Button>
        </div>
        {groups.map((group) => (
          <fieldset key={group.name}>
            <legend>{group.name}</legend>
            {group.columns.map((column) => (
              <ColumnChoice
                key={column}
                column={column}
                checked={columns.includes(column)}
                onChange={(on) =>
                  onChange(BOARD_COLUMNS.filter((one) => (one === column ? on : columns.includes(one))))
                }
              />
            ))}
          </fieldset>
        ))}
      </div>
    </Dialog>
  );
}
