/** ClusterTrustBundle: certificates of authorities to trust, by themselves or as those of a signer, which is in their name then. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  field,
  invalid,
  nameColumn,
  nameIsDns1123Subdomain,
  nameIsPathSegment,
  tooLong,
  utf8Length,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import type { ClusterTrustBundle } from '../upstream/types.ts';
import { blocksIn, type Block } from './pem.ts';
import { checkSignerName } from './signer-name.ts';
import { readCertificate } from './x509.ts';

type Bundle = DeepReadonly<ClusterTrustBundle>;

const bytesMax = 1024 * 1024;
const metadataPath = field('metadata');
const signerPath = field('spec', 'signerName');
const bundlePath = field('spec', 'trustBundle');

function nameProblems(signer: string, name: string, prefix: boolean): readonly string[] {
  if (signer === '')
    return name.includes(':')
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : nameIsDns1123Subdomain(name, prefix);
  const start = `${signer.replaceAll('/', ':')}:`;
  return name.startsWith(start)
    ? nameIsDns1123Subdomain(name.slice(start.length), prefix)
    : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${start}`];
}

function checkNames(errors: Errors, { metadata, spec }: Bundle): void {
  const { name = '', generateName = '' } = metadata;
  const { signerName: signer = '' } = spec;
  if (generateName !== '')
    report(errors, metadataPath.child('generateName'), generateName, nameProblems(signer, generateName, true));
  report(errors, metadataPath.child('name'), name, nameProblems(signer, name, false));
  if (signer !== '') checkSignerName(errors, signer, signerPath);
}

/** What is wrong with one block, to be said after its number. */
function blockProblem({ type, headers, der }: Block): string | undefined {
  if (type !== 'CERTIFICATE') return `has bad block type: ${type}`;
  if (headers) return 'has PEM block headers';
  const certificate = readCertificate(der);
  if (certificate === undefined) return 'does not parse as X.509';
  return certificate.isCa ? undefined : 'does not have the CA bit set';
}

function checkTrustBundle(errors: Errors, text: string): void {
  if (utf8Length(text) > bytesMax) return void errors.push(tooLong(bundlePath, bytesMax));
  const before = errors.length;
  const refuse = (why: string): void => void errors.push(invalid(bundlePath, '<value omitted>', why));
  const places = new Map<string, number[]>();
  for (const [i, block] of blocksIn(text).entries()) {
    const problem = blockProblem(block);
    const key = block.der.toBase64();
    if (problem !== undefined) refuse(`entry ${i} ${problem}`);
    else places.set(key, [...(places.get(key) ?? []), i]);
  }
  if (errors.length > before) return;
  if (places.size === 0) refuse('at least one trust anchor must be provided');
  for (const indices of places.values())
    if (indices.length > 1) refuse(`duplicate trust anchor (indices [${indices.join(' ')}])`);
}

const strategy: Strategy<ClusterTrustBundle> = {
  // What else the name must be depends on the signer.
  validateName: nameIsPathSegment,
  unconditionalUpdate: false,
  validate(bundle) {
    const errors: Errors = [];
    checkNames(errors, bundle);
    checkTrustBundle(errors, bundle.spec.trustBundle);
    return errors;
  },
  validateUpdate(bundle, old) {
    const errors: Errors = [];
    checkNames(errors, bundle);
    // What was good once stays so, whatever is learned about certificates.
    if (bundle.spec.trustBundle !== old.spec.trustBundle) checkTrustBundle(errors, bundle.spec.trustBundle);
    checkImmutable(errors, bundle.spec.signerName ?? '', old.spec.signerName ?? '', signerPath);
    return errors;
  },
};

export const clusterTrustBundles = defineKind<ClusterTrustBundle>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
  schema: 'io.k8s.api.certificates.v1beta1.ClusterTrustBundle',
  versions: [
    { version: 'v1beta1', schema: 'io.k8s.api.certificates.v1beta1.ClusterTrustBundle' },
    { version: 'v1alpha1', schema: 'io.k8s.api.certificates.v1alpha1.ClusterTrustBundle' },
  ],
  strategy,
  columns: [
    nameColumn(),
    column('SignerName', 'Whose certificates these are.', ({ spec: { signerName = '' } }) =>
      signerName === '' ? none : signerName,
    ),
  ],
  selectable: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
});
