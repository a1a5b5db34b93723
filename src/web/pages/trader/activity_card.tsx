import { formatDay } from '../../format/time.ts';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { pick } from '../../ui/pick.ts';
import { type ActivityMap, activityStep, WEEKDAYS } from './activity.ts';
import styles from './activity_card.module.css';

const c = pick(styles);
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const two = (hour: number): string => String(hour).padStart(2, '0');

const Cell = ({ day, hour, count, most }: { day: string; hour: number; count: number; most: number }) => {
  const step = activityStep(count, most);
  return (
    <td
      className={c('cell', step > 0 && `step${step}`)}
      data-tip={`${day} ${two(hour)}:00 UTC · ${count} change${count === 1 ? '' : 's'}`}
    >
      <span className="hidden-text">{count}</span>
    </td>
  );
};

/** When this trader acts: a table, so that it reads without colours too. */
export function ActivityCard({ map }: { readonly map: ActivityMap }) {
  const note = map.since === null ? undefined : `${map.total} changes since ${formatDay(map.since)}`;
  return (
    <Card title="Activity by hour, UTC" note={note}>
      {map.total === 0 ? (
        <Empty title="No position change seen yet" />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className={c('wrap')} tabIndex={0} aria-label="Position changes by weekday and hour">
          <table className={c('map')}>
            <thead>
              <tr>
                <td />
                {HOURS.map((hour) => (
                  <th key={hour} scope="col">
                    {hour % 3 === 0 ? two(hour) : <span className="hidden-text">{two(hour)}</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {WEEKDAYS.map((day, index) => (
                <tr key={day}>
                  <th scope="row">{day}</th>
                  {HOURS.map((hour) => (
                    <Cell
                      key={hour}
                      day={day}
                      hour={hour}
                      count={map.counts[index]?.[hour] ?? 0}
                      most={map.most}
                    />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}
