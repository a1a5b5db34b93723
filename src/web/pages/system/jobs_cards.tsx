import type { QueueDepth, TaskRun } from '../../../contract/system.ts';
import { type Level, StateBadge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty } from '../../ui/notice.tsx';
import { Num } from '../../ui/num.tsx';
import { tableClass as t } from '../../ui/table.ts';
import { TableWrap } from '../../ui/table_wrap.tsx';
import { When } from '../../ui/when.tsx';

const OUTCOMES: Readonly<Record<TaskRun['outcome'], Level>> = {
  succeeded: 'healthy',
  running: 'neutral',
  stopped: 'warning',
  lost: 'warning',
  timed_out: 'danger',
  failed: 'danger',
};

const TaskRow = ({ run }: { readonly run: TaskRun }) => (
  <tr>
    <th scope="row" className={t('strong')}>
      {run.task}
    </th>
    <td className={t('right')}>
      <When at={run.startedAt} />
    </td>
    <td className={t('right')}>
      {run.durationMs === null ? '\u2014' : <Num value={run.durationMs} kind="age" />}
    </td>
    <td>
      <StateBadge level={OUTCOMES[run.outcome]} tip={run.error ?? undefined}>
        {run.outcome.replace('_', ' ')}
      </StateBadge>
    </td>
    <td className={t('wide', 'second')}>
      {run.worker}
      {run.attempt > 1 ? `, attempt ${run.attempt}` : ''}
    </td>
  </tr>
);

/** Periodic tasks and how their last run went. */
export const TasksCard = ({ tasks }: { readonly tasks: readonly TaskRun[] }) => (
  <Card title="Tasks" note="last run of each">
    {tasks.length === 0 ? (
      <Empty title="No task has run yet" />
    ) : (
      <TableWrap label="Table of tasks">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col" className={t('right')}>
              Last run
            </th>
            <th scope="col" className={t('right')}>
              Took
            </th>
            <th scope="col">Result</th>
            <th scope="col" className={t('wide')}>
              Worker
            </th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((run) => (
            <TaskRow key={run.task} run={run} />
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);

const QueueRow = ({ queue }: { readonly queue: QueueDepth }) => (
  <tr>
    <th scope="row" className={t('strong')}>
      {queue.queue}
    </th>
    <td className={t('right')}>
      <Num value={queue.waiting} kind="count" />
    </td>
    <td className={t('right')}>
      <Num value={queue.active} kind="count" />
    </td>
    <td className={t('right')}>
      <Num value={queue.delayed} kind="count" />
    </td>
    <td className={t('right')}>
      {queue.failed > 0 ? <StateBadge level="danger">{queue.failed}</StateBadge> : '0'}
    </td>
  </tr>
);

/** What waits to be done. */
export const QueuesCard = ({ queues }: { readonly queues: readonly QueueDepth[] | null }) => (
  <Card title="Queues">
    {queues === null || queues.length === 0 ? (
      <Empty title={queues === null ? 'The queue does not answer' : 'No queue has reported yet'} />
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
            <th scope="col" className={t('right')}>
              Delayed
            </th>
            <th scope="col" className={t('right')}>
              Failed
            </th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <QueueRow key={queue.queue} queue={queue} />
          ))}
        </tbody>
      </TableWrap>
    )}
  </Card>
);
