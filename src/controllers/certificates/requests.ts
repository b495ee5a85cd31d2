/** Requests for certificates: how far they are, and what the signers of Kubernetes itself want of them. */
import type { CertificateSigningRequest } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import type { CertificateWish } from '../ports.ts';

export type Request = DeepReadonly<CertificateSigningRequest>;
type Condition = NonNullable<NonNullable<Request['status']>['conditions']>[number];

export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';

export function conditionOf({ status }: Request, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isIssued({ status }: Request): boolean {
  return (status?.certificate ?? '') !== '';
}

/** The request itself, PEM. */
export function pemOf({ spec }: Request): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(spec.request));
}

/** Why a signer must not sign; undefined: it may. */
type Check = (wish: CertificateWish, usages: readonly string[]) => string | undefined;

const withoutRsa = { client: ['client auth', 'digital signature'], server: ['digital signature', 'server auth'] };

/** An RSA key needs key encipherment, too; for others it is left out. */
function usagesFit(usages: readonly string[], needed: readonly string[]): string | undefined {
  const given = new Set(usages);
  given.delete('key encipherment');
  if (given.size === needed.length && needed.every((usage) => given.has(usage))) return undefined;
  return `usages did not match [${[...needed, 'key encipherment'].toSorted().join(' ')}]`;
}

const isNode = ({ commonName }: CertificateWish): string | undefined =>
  commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';

const isOfNodes = ({ organizations }: CertificateWish): string | undefined =>
  organizations.length === 1 && organizations[0] === 'system:nodes'
    ? undefined
    : 'subject organization is not system:nodes';

function without(names: readonly string[], what: string): string | undefined {
  return names.length === 0 ? undefined : `${what} subjectAltNames are not allowed`;
}

export const kubeletClient: Check = (wish, usages) =>
  isOfNodes(wish) ??
  without(wish.dnsNames, 'DNS') ??
  without(wish.emails, 'Email') ??
  without(wish.addresses, 'IP') ??
  without(wish.uris, 'URI') ??
  isNode(wish) ??
  usagesFit(usages, withoutRsa.client);

const kubeletServing: Check = (wish, usages) =>
  isOfNodes(wish) ??
  (wish.dnsNames.length + wish.addresses.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
  without(wish.emails, 'Email') ??
  without(wish.uris, 'URI') ??
  usagesFit(usages, withoutRsa.server) ??
  isNode(wish);

const apiServerClient: Check = (_wish, usages) => {
  const other = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
};

/** The signers of Kubernetes itself, with what each of them wants. */
export const signers: Readonly<Record<string, Check>> = {
  'kubernetes.io/kube-apiserver-client': apiServerClient,
  [kubeletClientSigner]: kubeletClient,
  'kubernetes.io/kubelet-serving': kubeletServing,
  // From before there were signers: as it always was.
  'kubernetes.io/legacy-unknown': () => undefined,
};
