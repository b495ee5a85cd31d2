/** CertificateApproval: requests are approved by those who may approve for the signer that is to sign. */
import type { CertificateSigningRequest } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { goQuote } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';
import { mayFor } from './signers.ts';

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  on: ['certificatesigningrequests.certificates.k8s.io'],
  async validate(request) {
    if (request.operation !== 'UPDATE' || request.subresource !== 'approval') return;
    const { signerName } = (request.old as DeepReadonly<CertificateSigningRequest>).spec;
    if (!(await mayFor(request, 'approve', signerName)))
      throw forbidden(request, `user not permitted to approve requests with signerName ${goQuote(signerName)}`);
  },
};
