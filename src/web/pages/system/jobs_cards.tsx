import type { QueueReport, TaskReport } from '../../api/system_report.ts';
import { type Level, StateBadge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';

const OUTCOMES: Readonly<Record<NonNullable<TaskReport['lastOutcome']>, Level>> = {
  succeeded: 'healthy',
  running: 'neutral',
  stopped: 'warning',
  lost: 'warning',
  timed_out: 'danger',
  failed: 'danger',
};

const TaskRow = ({ task }: { readonly task: TaskReport }) => (
  <tr>
    <th scope="row" className={t('strong')}>
      {task.name}
    </th>
    <td className={t('right')}>
      <Num value={task.everyMs} kind="duration" />
    </td>
    <td className={t('right')}>
      <When at={task.lastStartedAt} />
    </td>
    <td className={t('right', 'wide')}>
      {task.lastDurationMs === null ? '\u2014' : <Num value={task.lastDurationMs} kind="age" />}
    </td>
    <td>
      {task.lastOutcome === null ? (
        <StateBadge level="neutral">not yet</StateBadge>
      ) : (
        <StateBadge level={OUTCOMES[task.lastOutcome]} tip={task.lastError ?? undefined}>
          {task.lastOutcome.replace('_', ' ')}
        </StateBadge>
      )}
    </td>
  </tr>
);

/** Periodic tasks and how their last run went. */
export const TasksCard = ({ tasks }: { readonly tasks: readonly TaskReport[] }) => (
  <Card title="Tasks">
    {tasks.length === 0 ? (
      <Empty title="No task is scheduled" />
    ) : (
      <TableWrap label="Table of tasks">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col" className={t('right')}>
              Every
            </th>
            <th scope="col" className={t('right')}>
              Last run
            </th>
            <th scope="col" className={t('right', 'wide')}>
              Took
            </th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <TaskRow key={task.name} task={task} />
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);

const QueueRow = ({ queue }: { readonly queue: QueueReport }) => (
  <tr>
    <th scope="row" className={t('strong')}>
      {queue.name}
    </th>
    <td className={t('right')}>
      <Num value={queue.waiting} kind="count" />
    </td>
    <td className={t('right')}>
      <Num value={queue.active} kind="count" />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={queue.delayed} kind="count" />
    </td>
    <td className={t('right')}>
      {queue.failed > 0 ? <StateBadge level="danger">{queue.failed}</StateBadge> : '0'}
    </td>
    <td className={t('right', 'wide')}>
      {queue.oldestMs === null ? '\u2014' : <Num value={queue.oldestMs} kind="age" />}
    </td>
  </tr>
);

/** What waits to be done. */
export const QueuesCard = ({ queues }: { readonly queues: readonly QueueReport[] }) => (
  <Card title="Queues">
    {queues.length === 0 ? (
      <Empty title="No queue has reported yet" />
    ) : (
      <TableWrap label="Table of queues">
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col" className={t('right')}>
              Waiting
            </th>
            <th scope="col" className={t('right')}>
              Active
            </th>
            <th scope="col" className={t('right', 'wide')}>
              Delayed
            </th>
            <th scope="col" className={t('right')}>
              Failed
            </th>
            <th scope="col" className={t('right', 'wide')}>
              Oldest
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <QueueRow key={queue.name} queue={queue} />
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);
