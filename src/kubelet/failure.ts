/** Why a container could not be brought to run, as its status and its events say it. */
import { errorText, HostError } from '../base/mod.ts';

export class ContainerFailure extends HostError {
  /** When the next attempt makes sense. */
  readonly againAfterMs: number;

  /** `reason` is the waiting state's: `ErrImagePull`, `CreateContainerConfigError`, ... */
  constructor(reason: string, message: string, againAfterMs = 10_000) {
    super(reason, message);
    this.name = 'ContainerFailure';
    this.againAfterMs = againAfterMs;
  }
}

/** What upstream shows of a runtime's error: without the frame that gRPC puts around it. */
export function runtimeText(error: unknown): string {
  return errorText(error).replace(/^rpc error: code = \w+ desc = /, '');
}
