/** The status table: what the terminal shows every 30 s and `autotrade status` shows live. */
import type { ServiceStatus } from './supervisor/service.ts';

export interface TableOptions {
  /** ms UTC */
  readonly now: number;
  readonly color: boolean;
}

const HEAD = ['service', 'state', 'pid', 'uptime', 'restarts', 'memory', 'note'] as const;
const NUMERIC = new Set(['pid', 'uptime', 'restarts', 'memory']);

const paint = (text: string, code: number, color: boolean) =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text;

function stateColor(service: ServiceStatus): number {
  if (service.state === 'failed') return 31;
  if (service.state === 'ready') return service.degraded ? 33 : 32;
  return service.state === 'stopped' ? 90 : 33;
}

/** `4 s`, `12 min`, `3 h 05 min`, `2 d 04 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  if (hours < 24) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
}

export const formatMemory = (bytes: number | null): string =>
  bytes === null ? '-' : `${Math.round(bytes / 1_048_576)} MB`;

function cells(service: ServiceStatus, now: number): string[] {
  const { pid, startedAt, restarts, rssBytes, note, lastExit } = service;
  const reason = note || (restarts > 0 && lastExit ? `last exit: ${lastExit}` : '');
  return [
    service.name,
    service.degraded ? 'degraded' : service.state,
    pid === null ? '-' : String(pid),
    startedAt === null ? '-' : formatDuration(now - startedAt),
    String(restarts),
    formatMemory(rssBytes),
    oneLine(reason),
  ];
}

const oneLine = (text: string): string => {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 100 ? `${flat.slice(0, 99)}…` : flat;
};

/** Lines of equal columns, without a final newline. */
export function statusTable(services: readonly ServiceStatus[], options: TableOptions): string {
  const rows = services.map((service) => cells(service, options.now));
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const align = (row: readonly string[]) =>
    row.map((text, column) => {
      const width = widths[column] ?? 0;
      return NUMERIC.has(HEAD[column] ?? '') ? text.padStart(width) : text.padEnd(width);
    });
  const lines = [paint(align(HEAD).join('  ').trimEnd(), 1, options.color)];
  for (const [index, row] of rows.entries()) {
    const parts = align(row);
    const service = services[index];
    if (service) parts[1] = paint(parts[1] ?? '', stateColor(service), options.color);
    lines.push(parts.join('  ').trimEnd());
  }
  return lines.join('\n');
}
