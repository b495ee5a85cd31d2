/** CertificateSubjectRestriction: nobody becomes an administrator by asking for a client certificate. */
import { requestOrganizations, type CertificateSigningRequest } from '../../api/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';

const clientSigner = 'kubernetes.io/kube-apiserver-client';
const masters = 'system:masters';

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  on: ['certificatesigningrequests.certificates.k8s.io'],
  validate(request) {
    if (request.operation !== 'CREATE' || request.subresource !== undefined) return;
    const { signerName, request: asked } = (request.draft as CertificateSigningRequest).spec;
    if (signerName === clientSigner && requestOrganizations(asked).includes(masters))
      throw forbidden(request, `use of ${clientSigner} signer with ${masters} group is not allowed`);
  },
};
