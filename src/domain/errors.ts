/** A pure rule refused its input. `code` is stable and machine-readable; the message says what to do. */
export class DomainError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
  }
}
