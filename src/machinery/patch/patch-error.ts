/** A patch that cannot be applied. The message is upstream's; `code` is the HTTP status that upstream answers with. */
import { TerminalError } from '../../base/mod.ts';

export class PatchError extends TerminalError {
  /** 400: no patch at all; 413: over a limit; 422: it does not fit the object; 500: where upstream has no better one. */
  readonly code: 400 | 413 | 422 | 500;
  constructor(code: 400 | 413 | 422 | 500, message: string) {
    super(message);
    this.name = 'PatchError';
    this.code = code;
  }
}
