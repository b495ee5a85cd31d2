/** Who may do something in the name of a signer of certificates: by its name, or by all names of its domain. */
import { decide } from '../authz/authorizer.ts';
import type { AdmissionRequest } from './admission.ts';

export async function mayFor(
  { context, authorizers }: AdmissionRequest,
  verb: 'approve' | 'attest' | 'sign',
  signer: string,
): Promise<boolean> {
  const { user } = context;
  for (const name of [signer, `${signer.slice(0, signer.indexOf('/') + 1)}*`]) {
    const attributes = {
      user,
      verb,
      group: 'certificates.k8s.io',
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
    };
    if ((await decide(authorizers, attributes)).verdict === 'allow') return true;
  }
  return false;
}
