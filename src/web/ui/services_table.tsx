import type { Service, ServiceState } from '../../contract/stats.ts';
import { type Level, StateBadge } from './badge.tsx';
import { Empty, Skeleton } from './notice.tsx';
import { Num } from './num.tsx';
import { tableClass as t } from './table.ts';
import { TableWrap } from './table_wrap.tsx';

const LEVELS: Readonly<Record<ServiceState, Level>> = {
  ready: 'healthy',
  starting: 'neutral',
  stopping: 'neutral',
  stopped: 'neutral',
  standby: 'healthy',
  waiting: 'neutral',
  blocked: 'warning',
  backoff: 'warning',
  degraded: 'warning',
  failed: 'danger',
  silent: 'danger',
};

const wordOf = (state: ServiceState): string => (state === 'silent' ? 'no report' : state);

/** Problems first, then by name; a service that stopped reporting stays in the list. */
const inOrder = (services: readonly Service[]): Service[] => {
  const weight: Readonly<Record<Level, number>> = { danger: 0, warning: 1, neutral: 2, healthy: 3 };
  return [...services].sort(
    (a, b) => weight[LEVELS[a.state]] - weight[LEVELS[b.state]] || a.name.localeCompare(b.name),
  );
};

const Row = ({ service, full }: { readonly service: Service; readonly full: boolean }) => (
  <tr>
    <th scope="row" className={t('strong')} data-tip={service.message ?? undefined}>
      {service.name}
    </th>
    <td>
      <StateBadge level={LEVELS[service.state]} tip={service.message ?? undefined}>
        {wordOf(service.state)}
      </StateBadge>
    </td>
    <td className={t('right', 'second')}>{service.pid ?? '\u2014'}</td>
    <td className={t('right')}>
      <Num value={service.uptimeMs} kind="duration" reason="it does not report" />
    </td>
    <td className={t('right')}>
      <Num value={service.restarts} kind="count" />
    </td>
    <td className={t('right', 'wide')}>
      <Num value={service.memoryBytes} kind="bytes" reason="it does not report" />
    </td>
    {full ? <td className={t('wide', 'second')}>{service.host}</td> : null}
    {full ? <td className={t('wide', 'second', 'grow')}>{service.message ?? ''}</td> : null}
  </tr>
);

/** Every process, what it does and how it fares. `full` adds host and message. */
export function ServicesTable({
  services,
  full = false,
}: {
  readonly services: readonly Service[] | undefined;
  readonly full?: boolean;
}) {
  if (services === undefined) return <Skeleton lines={6} label="Loading services" />;
  if (services.length === 0) return <Empty title="No service has reported yet" />;
  return (
    <TableWrap label="Table of services">
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">State</th>
          <th scope="col" className={t('right')}>
            PID
          </th>
          <th scope="col" className={t('right')}>
            Uptime
          </th>
          <th scope="col" className={t('right')}>
            Restarts
          </th>
          <th scope="col" className={t('right', 'wide')}>
            Memory
          </th>
          {full ? (
            <th scope="col" className={t('wide')}>
              Host
            </th>
          ) : null}
          {full ? (
            <th scope="col" className={t('wide')}>
              Message
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {inOrder(services).map((service) => (
          <Row key={`${service.host}/${service.name}`} service={service} full={full} />
        ))}
      </tbody>
    </TableWrap>
  );
}
