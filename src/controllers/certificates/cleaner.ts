/** Deletes requests for certificates that nobody needs any more: an hour after they were decided, a day if they never were. */
import { certificateSigningRequests } from '../../api/mod.ts';
import { defineController, nothing, read } from '../../client/mod.ts';
import type { CertificateAuthority } from '../ports.ts';
import { conditionOf, isIssued, type Request } from './requests.ts';

const decidedMs = 3_600_000;
const pendingMs = 24 * 3_600_000;

const reads = {
  requests: read(certificateSigningRequests, { wakes: ({ metadata }) => [metadata.name ?? ''] }),
};

export function csrCleaner(authority: CertificateAuthority): ReturnType<typeof defineController<typeof reads>> {
  return defineController({
    name: 'certificatesigningrequest-cleaner-controller',
    reads,
    plan(view, name, now) {
      const request = view.requests.get(name);
      if (request === undefined) return nothing;
      const endMs = endOf(request, authority);
      if (now <= endMs) return { actions: [], ...(endMs === Infinity ? {} : { wakeAtMs: endMs + 1000 }) };
      return { actions: [{ do: 'delete', resource: certificateSigningRequests, key: { name } }] };
    },
  });
}

/** Until when a request is kept; one that was approved and waits for its signer, for good. */
function endOf(request: Request, authority: CertificateAuthority): number {
  const { conditions = [], certificate = '' } = request.status ?? {};
  const after = (time: string | undefined, ms: number): number =>
    time === undefined ? Infinity : Date.parse(time) + ms;
  if (conditions.length === 0) return after(request.metadata.creationTimestamp, pendingMs);
  const ends = ['Denied', 'Failed'].map((type) => after(conditionOf(request, type)?.lastUpdateTime, decidedMs));
  const approved = conditionOf(request, 'Approved');
  if (approved !== undefined && isIssued(request)) {
    const pem = new TextDecoder().decode(Uint8Array.fromBase64(certificate));
    ends.push(after(approved.lastUpdateTime, decidedMs), authority.expiresMs(pem));
  }
  return Math.min(...ends);
}
