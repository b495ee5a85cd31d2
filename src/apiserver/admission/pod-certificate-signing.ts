/**
 * Certificates for pods are issued by those who may sign as the signer that was asked for. As upstream, where it is part of
 * the kind, it cannot be switched off.
 */
import type { PodCertificateRequest } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { ApiError, field, forbidden as forbiddenField, goQuote } from '../../machinery/mod.ts';
import type { AdmissionPlugin } from './admission.ts';
import { mayFor } from './signers.ts';

export const podCertificateSigning: AdmissionPlugin = {
  name: 'podcertificaterequest',
  on: ['podcertificaterequests.certificates.k8s.io'],
  async validate(request) {
    const { draft, old, kind, name, subresource, context } = request;
    if (subresource !== 'status' || draft === undefined || old === undefined) return;
    const { spec, status: before } = old as DeepReadonly<PodCertificateRequest>;
    const { status: after } = draft as PodCertificateRequest;
    if ((before?.certificateChain ?? '') === (after?.certificateChain ?? '')) return;
    if (await mayFor(request, 'sign', spec.signerName)) return;
    const who = goQuote(context.user.username);
    const why = `User ${who} is not permitted to "sign" for signer ${goQuote(spec.signerName)}`;
    throw ApiError.invalid(kind, name, [forbiddenField(field('spec', 'signerName'), why)]);
  },
};
