/** Events that are too large lose what the client sent and was sent; those that are too large even then are dropped. */
import type { AuditBackend, AuditEvent } from './event.ts';

export interface Truncation {
  readonly eventBytesMax: number;
  /** An event is too large for the backend behind. */
  readonly onDropped: (event: AuditEvent) => void;
}

const encoder = new TextEncoder();

export function truncating(behind: AuditBackend, { eventBytesMax, onDropped }: Truncation): AuditBackend {
  return {
    log(event) {
      if (sizeOf(event) <= eventBytesMax) return behind.log(event);
      const short = event.level === 'Request' || event.level === 'RequestResponse' ? truncated(event) : event;
      if (sizeOf(short) <= eventBytesMax) return behind.log(short);
      onDropped(event);
      return true;
    },
    close: () => behind.close(),
  };
}

/** With the end of the line that it becomes. */
function sizeOf(event: AuditEvent): number {
  return encoder.encode(JSON.stringify(event)).length + 1;
}

function truncated({ requestObject: _request, responseObject: _response, ...event }: AuditEvent): AuditEvent {
  return { ...event, annotations: { ...event.annotations, 'audit.k8s.io/truncated': 'true' } };
}
