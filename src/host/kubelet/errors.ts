/** Failures of Node's system calls as HostErrors, with the code of errno. */
import { HostError } from '../../base/mod.ts';

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Everything else is passed on as it is: it is no failure of the outside world. */
export function hostError(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof HostError || !(error instanceof Error) || code === undefined) return error;
  return new HostError(code, error.message, { cause: error });
}
