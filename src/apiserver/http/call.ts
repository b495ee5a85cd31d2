/** A request under way: what is known of it, and what is gathered for its answer. */
import type { AuditTrail } from '../audit/trail.ts';
import type { Remarks } from '../authn/authenticator.ts';
import type { RequestInfo } from './request-info.ts';

export class Call implements Remarks {
  readonly info: RequestInfo;
  readonly auditId: string;
  readonly trail: AuditTrail | undefined;
  /** What the client is told beside the answer, whatever that is. */
  readonly warnings: string[] = [];
  /** When the step that it is in began, on the monotonic clock in ms: each begins where the one before ended. */
  stepMs: number;
  /** The headers that tell which turn it had; undefined when it had none. */
  flow: Readonly<Record<string, string>> | undefined;
  /** For its turn. */
  waitedSeconds = 0;

  constructor(
    info: RequestInfo,
    auditId: string,
    { trail, begunMs }: { readonly trail: AuditTrail | undefined; readonly begunMs: number },
  ) {
    this.info = info;
    this.auditId = auditId;
    this.trail = trail;
    this.stepMs = begunMs;
  }

  annotate(key: string, value: string): void {
    this.trail?.annotate(key, value);
  }

  warn(text: string): void {
    this.warnings.push(text);
  }
}
