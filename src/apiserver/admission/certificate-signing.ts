/** CertificateSigning: certificates are issued by those who may sign as the signer that was asked for. */
import type { CertificateSigningRequest } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { goQuote } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';
import { mayFor } from './signers.ts';

type Request = DeepReadonly<CertificateSigningRequest>;

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  on: ['certificatesigningrequests.certificates.k8s.io'],
  async validate(request) {
    if (request.operation !== 'UPDATE' || request.subresource !== 'status') return;
    const { status: before = {}, spec } = request.old as unknown as Request;
    const { status: after = {} } = request.draft as unknown as Request;
    if (
      (before.certificate ?? '') === (after.certificate ?? '') &&
      jsonEqual(before.conditions ?? [], after.conditions ?? [])
    )
      return;
    if (!(await mayFor(request, 'sign', spec.signerName)))
      throw forbidden(request, `user not permitted to sign requests with signerName ${goQuote(spec.signerName)}`);
  },
};
