/**
 * The four kinds of failure. `ApiError` (in `machinery/`) is the wire Status; `HostError` is the outside world failing;
 * `TerminalError` must not be retried; a failed `assert` is a bug of ours and ends the process.
 */

/** The outside world failed: a file, a socket, a process, the container runtime. `code` is stable and for programs. */
export class HostError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
  }
}

/** What failed will fail again in the same way: whoever retries must stop. */
export class TerminalError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TerminalError';
  }
}

/** A broken invariant. It is thrown past every handler: composition roots end the process on it. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionError';
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The text of a failure with the chain of its causes, outermost first. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}
