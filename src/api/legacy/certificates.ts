/** CertificateSigningRequest of v1beta1: who is to sign it, and what for, follows from the request where it is not said. */
import type { Kind } from '../../machinery/mod.ts';
import { certificateSigningRequests } from '../certificates/certificate-signing-request.ts';
import { requestCommonName, requestOrganizations, requestProblem } from '../certificates/pem.ts';
import type { CertificateSigningRequest } from '../upstream/types.ts';
import { judgedAsOld, legacyKind } from './version.ts';

const current = certificateSigningRequests as unknown as Kind;
const usual = ['digital signature', 'key encipherment'];
/** What kubelets ask for, by who signs it. */
const kubeletUsages: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/kubelet-serving': [...usual, 'server auth'],
  'kubernetes.io/kube-apiserver-client-kubelet': [...usual, 'client auth'],
};

function signerOf({ request, usages = [] }: CertificateSigningRequest['spec']): string {
  const legacy = 'kubernetes.io/legacy-unknown';
  if (requestProblem(request ?? '') !== undefined) return legacy;
  const organizations = requestOrganizations(request);
  const ofNode = organizations.length === 1 && organizations[0] === 'system:nodes';
  if (!ofNode || requestCommonName(request)?.startsWith('system:node:') !== true) return legacy;
  const asked = new Set<string>(usages);
  const fits = (wanted: readonly string[]): boolean =>
    asked.size === wanted.length && wanted.every((usage) => asked.has(usage));
  return Object.keys(kubeletUsages).find((signer) => fits(kubeletUsages[signer] ?? [])) ?? legacy;
}

type Draft = Omit<CertificateSigningRequest, 'spec'> & {
  spec: Omit<CertificateSigningRequest['spec'], 'signerName'> & { signerName?: string };
};

function toCurrent({ spec, status }: Draft): void {
  spec.usages ??= usual as NonNullable<typeof spec.usages>;
  spec.signerName ??= signerOf(spec as CertificateSigningRequest['spec']);
  for (const condition of (status?.conditions ?? []) as { status?: string }[])
    if ((condition.status ?? '') === '') condition.status = 'True';
}

export const legacyCertificates: readonly Kind[] = [
  legacyKind(current, {
    version: 'v1beta1',
    deprecated: [19, 22],
    toCurrent,
    strategy: { validate: judgedAsOld(current) },
  }),
];
