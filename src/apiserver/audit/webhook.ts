/** Audit events to somebody else: an EventList a request, tried again for a while when it cannot be had. */
import { HostError, sleep, type Clock } from '../../base/mod.ts';
import type { WebClient } from '../http/web.ts';
import type { AuditEvent } from './event.ts';

export interface AuditWebhookParts {
  readonly client: WebClient;
  readonly url: string;
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly initialBackoffMs: number;
}

const attemptsMax = 5;
const backoffFactor = 1.5;
const timeoutMs = 30_000;
const encoder = new TextEncoder();

/** Rejects with HostError when the events could not be handed on. */
export async function postEvents(parts: AuditWebhookParts, events: readonly AuditEvent[]): Promise<void> {
  const { client, url, token, clock, initialBackoffMs } = parts;
  const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: events };
  const body = encoder.encode(JSON.stringify(list));
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  for (let attempt = 1, waitMs = initialBackoffMs; ; attempt++, waitMs *= backoffFactor) {
    const failed = await client.send({ method: 'POST', url, headers, body, timeoutMs }).then(
      ({ status }) =>
        status < 300
          ? undefined
          : new HostError(status < 500 && status !== 429 ? 'Refused' : 'Answer', `HTTP ${status}`),
      (error: unknown) => (error instanceof HostError ? error : new HostError('Unreachable', String(error))),
    );
    if (failed === undefined) return;
    if (attempt === attemptsMax || failed.code === 'Refused') throw failed;
    await sleep(clock, waitMs);
  }
}
