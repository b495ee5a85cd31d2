/**
 * Approves the client certificates of kubelets: the first one of a node that bootstraps, and the next one of a node that has
 * one, where the one who asks may have that.
 */
import {
  certificateSigningRequests,
  subjectAccessReviews,
  type CertificateSigningRequest,
  type SubjectAccessReview,
} from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { defineController, nothing, read, type Action } from '../../client/mod.ts';
import type { CertificateAuthority, CertificateWish } from '../ports.ts';
import { conditionOf, isIssued, kubeletClient, kubeletClientSigner, pemOf, type Request } from './requests.ts';

interface Recognizer {
  readonly subresource: string;
  readonly message: string;
  fits(request: Request, wish: CertificateWish): boolean;
}

const recognizers: readonly Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    fits: ({ spec }, { commonName }) => spec.username === commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    fits: () => true,
  },
];

const retryMs = { min: 1_000, max: 1_000_000 };

const reads = {
  requests: read(certificateSigningRequests, { wakes: ({ metadata }) => [metadata.name ?? ''] }),
};

export function csrApproving(authority: CertificateAuthority): ReturnType<typeof defineController<typeof reads>> {
  return defineController({
    name: 'certificatesigningrequest-approving-controller',
    reads,
    plan(view, name, now) {
      const request = view.requests.get(name);
      if (request === undefined || request.spec.signerName !== kubeletClientSigner || isIssued(request)) return nothing;
      if (conditionOf(request, 'Approved') !== undefined || conditionOf(request, 'Denied') !== undefined)
        return nothing;
      // Who may not have it now may be allowed to later: asked again after as long as it has waited.
      const age = now - Date.parse(request.metadata.creationTimestamp ?? '');
      const waitMs = Math.min(Math.max(age, retryMs.min), retryMs.max);
      return {
        actions: [
          {
            do: 'work',
            what: `read the request ${name}`,
            work: async () => {
              const wish = await authority.read(pemOf(request));
              if (kubeletClient(wish, request.spec.usages ?? []) !== undefined) return [];
              return asked(
                request,
                recognizers.filter((recognizer) => recognizer.fits(request, wish)),
              );
            },
          },
        ],
        wakeAtMs: now + waitMs,
      };
    },
  });
}

/** Whether one may have it in the first of these ways, and if not, in the next. */
function asked(request: Request, [recognizer, ...more]: readonly Recognizer[]): readonly Action[] {
  if (recognizer === undefined) return [];
  const { username, uid, groups, extra } = request.spec;
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      ...(username === undefined ? {} : { user: username }),
      ...(uid === undefined ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource: recognizer.subresource,
      },
    },
  };
  return [
    {
      do: 'create',
      resource: subjectAccessReviews,
      object: review,
      onDone: (answer) =>
        (answer as DeepReadonly<SubjectAccessReview> | undefined)?.status?.allowed === true
          ? [approval(request, recognizer)]
          : asked(request, more),
    },
  ];
}

function approval(request: Request, { message }: Recognizer): Action {
  const { conditions = [] } = request.status ?? {};
  const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
  const object: DeepReadonly<CertificateSigningRequest> = {
    ...request,
    status: { ...request.status, conditions: [...conditions, approved] },
  };
  return { do: 'update', resource: certificateSigningRequests, object, subresource: 'approval' };
}
