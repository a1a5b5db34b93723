import { type FormEvent, useState } from 'react';
import {
  METRIC_NAMES,
  METRICS,
  type MetricName,
  MOST_FURTHER_FILTERS,
} from '../../../domain/board_metrics.ts';
import type { BoardFilter } from '../../app/board_state.ts';
import { boundOf, metricLook } from '../../format/metric_looks.ts';
import { formatNumber } from '../../format/number.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Select } from '../../ui/choices.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import form from '../../ui/form.module.css';
import { pick } from '../../ui/pick.ts';
import { columnText } from './board_columns.tsx';
import styles from './leaderboard.module.css';

const c = pick(styles);
const f = pick(form);

function filterWords({ metric, least, most }: BoardFilter): string {
  const { name, kind } = metricLook(metric);
  const write = (bound: string) => formatNumber(bound, kind).text;
  if (least === '') return `${name} \u2264 ${write(most)}`;
  if (most === '') return `${name} \u2265 ${write(least)}`;
  return `${name} ${write(least)} to ${write(most)}`;
}

/** The filters in force, each with the way to take it off. */
export const FilterChips = ({
  filters,
  onChange,
}: {
  readonly filters: readonly BoardFilter[];
  readonly onChange: (filters: BoardFilter[]) => void;
}) =>
  filters.map((filter) => (
    <span key={filter.metric} className={f('chip')}>
      {filterWords(filter)}
      <IconButton
        icon="cross"
        small
        label={`Remove the filter ${METRICS[filter.metric].name}`}
        onClick={() => onChange(filters.filter((one) => one !== filter))}
      />
    </span>
  ));

const CHOICES = METRIC_NAMES.map((metric) => ({
  value: metric,
  label: METRICS[metric].name,
  group: METRICS[metric].group,
}));

export function FilterDialog({
  filters,
  onChange,
  onClose,
}: {
  readonly filters: readonly BoardFilter[];
  readonly onChange: (filters: BoardFilter[]) => void;
  readonly onClose: () => void;
}) {
  const [metric, setMetric] = useState<MetricName>('winRate');
  const [written, setWritten] = useState({ least: '', most: '' });
  const least = boundOf(metric, written.least);
  const most = boundOf(metric, written.most);
  const others = filters.filter((one) => one.metric !== metric);
  const tooMany = others.length >= MOST_FURTHER_FILTERS;
  const ready = !tooMany && least !== null && most !== null && (least !== '' || most !== '');
  const { unit } = metricLook(metric);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    onChange([...others, { metric, least, most }]);
    onClose();
  };
  const bound = (which: 'least' | 'most', label: string, value: string | null) => (
    <label className={f('field')}>
      {label}
      {unit === '' ? '' : `, ${unit}`}
      <input
        inputMode="decimal"
        autoComplete="off"
        aria-invalid={value === null}
        value={written[which]}
        onChange={(event) => setWritten({ ...written, [which]: event.target.value })}
      />
      {value === null ? <span className={f('wrong')}>not a number</span> : null}
    </label>
  );
  return (
    <Dialog title="Filter by a metric" onClose={onClose}>
      <form className={f('form')} onSubmit={apply}>
        <Select label="Metric" value={metric} choices={CHOICES} onChange={setMetric} />
        <p className={f('faint')}>
          {columnText(metric).meaning}. Traders of whom it is not known are left out.
        </p>
        <div className={c('bounds')}>
          {bound('least', 'At least', least)}
          {bound('most', 'At most', most)}
        </div>
        {tooMany ? (
          <p className={f('wrong')} role="alert">
            A list has at most {MOST_FURTHER_FILTERS} filters: take one off first.
          </p>
        ) : null}
        <Button look="primary" type="submit" disabled={!ready}>
          Filter
        </Button>
      </form>
    </Dialog>
  );
}
