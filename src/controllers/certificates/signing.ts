/** Signs the requests that were approved, for the signers of Kubernetes itself. */
import { certificateSigningRequests, type CertificateSigningRequest } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { defineController, nothing, read, type Action } from '../../client/mod.ts';
import type { CertificateAuthority, CertificateTerms } from '../ports.ts';
import { conditionOf, isIssued, pemOf, signers, type Request } from './requests.ts';

/** Clocks differ: a certificate is good from a little earlier on. */
const backdatedMs = 5 * 60_000;
/** Of a certificate that lasts less than this, the time before now comes on top. */
const shortMs = 8 * 3_600_000;
const lifeMsMin = 10 * 60_000;

const reads = {
  requests: read(certificateSigningRequests, { wakes: ({ metadata }) => [metadata.name ?? ''] }),
};

/** `lifeMs`: how long a certificate is good at most, and how long if nobody says. */
export function csrSigning(
  authority: CertificateAuthority,
  lifeMs: number,
): ReturnType<typeof defineController<typeof reads>> {
  return defineController({
    name: 'certificatesigningrequest-signing-controller',
    reads,
    plan(view, name, now) {
      const request = view.requests.get(name);
      if (request === undefined || isIssued(request)) return nothing;
      const check = Object.hasOwn(signers, request.spec.signerName) ? signers[request.spec.signerName] : undefined;
      const approved = conditionOf(request, 'Approved') !== undefined && conditionOf(request, 'Denied') === undefined;
      if (check === undefined || !approved || conditionOf(request, 'Failed')?.status === 'True') return nothing;
      const pem = pemOf(request);
      const { usages = [] } = request.spec;
      return {
        actions: [
          {
            do: 'work',
            what: `sign the request ${name}`,
            work: async () => {
              const problem = check(await authority.read(pem), usages);
              if (problem !== undefined) return [failed(request, problem, now)];
              return [issued(request, await authority.sign(pem, termsOf(request, lifeMs, now)))];
            },
          },
        ],
      };
    },
  });
}

function termsOf({ spec }: Request, lifeMs: number, now: number): CertificateTerms {
  const wanted = spec.expirationSeconds === undefined ? lifeMs : spec.expirationSeconds * 1000;
  const ms = Math.min(Math.max(wanted, lifeMsMin), lifeMs);
  const notBeforeMs = now - backdatedMs;
  return { usages: spec.usages ?? [], notBeforeMs, notAfterMs: ms < shortMs ? now + ms : notBeforeMs + ms };
}

function written(request: Request, status: DeepReadonly<CertificateSigningRequest>['status']): Action {
  const object: DeepReadonly<CertificateSigningRequest> = { ...request, status: { ...request.status, ...status } };
  return { do: 'update', resource: certificateSigningRequests, object, subresource: 'status' };
}

function issued(request: Request, certificate: string): Action {
  return written(request, { certificate: new TextEncoder().encode(certificate).toBase64() });
}

function failed(request: Request, message: string, now: number): Action {
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: rfc3339(now),
  };
  return written(request, { conditions: [...(request.status?.conditions ?? []), condition] });
}
