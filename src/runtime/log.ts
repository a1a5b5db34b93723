import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';

/** Structured logger: first an object of fields, then a sentence. Secrets go in as Secret, never as strings. */
export type Logger = Pick<
  PinoLogger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'level'
>;

export interface LogOptions {
  readonly service: string;
  readonly level?: string;
  readonly destination?: DestinationStream;
}

/** Synchronous: a line is out when the call returns, so that the last ones before an exit are never lost. */
const standardOutput = (): DestinationStream => pino.destination({ dest: 1, sync: true });

/** JSON lines, UTC ISO time with ms, one line an event. */
export function createLogger(options: LogOptions): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(settings, options.destination ?? standardOutput());
}

/** Drops everything: for tests and pure callers. */
export const silentLogger: Logger = pino({ level: 'silent' });
