/**
 * PodCertificateRequest: what a kubelet asks of a signer for a pod on its node. Its spec never changes; a signer issues, denies
 * or fails it once, and after that its status does not change either.
 */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  nameColumn,
  nameIsDns1123Subdomain,
  omittedValue,
  qualifiedNameErrors,
  required,
  tooLong,
  utf8Length,
  type HookContext,
  type SignedData,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { checkImmutableStruct, report, type Errors } from '../checks.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { PodCertificateRequest, PodCertificateRequestSpec } from '../upstream/types.ts';
import { statusErrors } from './pod-certificate-status.ts';
import { signedDataOf } from './pem.ts';
import { checkSignerName } from './signer-name.ts';
import { keyFormOf, type KeyForm } from './x509.ts';

type Spec = DeepReadonly<PodCertificateRequestSpec>;

const group = 'certificates.k8s.io';
const schema = 'io.k8s.api.certificates.v1beta1.PodCertificateRequest';
const specPath = field('spec');
const keyPath = specPath.child('pkixPublicKey');
const proofPath = specPath.child('proofOfPossession');
const stubPath = specPath.child('stubPKCS10Request');
const daySeconds = 24 * 60 * 60;
const expirationSecondsMin = 60 * 60;
const expirationSecondsMax = 91 * daySeconds;
const uidLengthMax = 128;
const keyBytesMax = 10 * 1024;
const annotationsBytesMax = 256 * 1024;
const modulusBits = [3072, 4096];

const bytesOf = (base64: string): Uint8Array => Uint8Array.fromBase64(base64);

/** What says that the kubelet has a key, in base64. Absent, it is null. */
function proofsIn(spec: Spec): { readonly stub: string; readonly key: string; readonly proof: string } {
  const { stubPKCS10Request, pkixPublicKey, proofOfPossession } = spec;
  return { stub: stubPKCS10Request ?? '', key: pkixPublicKey ?? '', proof: proofOfPossession ?? '' };
}

function checkSpec(errors: Errors, spec: Spec, context: HookContext): void {
  checkSignerName(errors, spec.signerName, specPath.child('signerName'));
  checkUserAnnotations(errors, spec.unverifiedUserAnnotations ?? {});
  for (const [name, uid] of [
    ['podName', 'podUID'],
    ['serviceAccountName', 'serviceAccountUID'],
    ['nodeName', 'nodeUID'],
  ] as const) {
    report(errors, specPath.child(name), spec[name], nameIsDns1123Subdomain(spec[name], false));
    if (spec[uid] === '') errors.push(invalid(specPath.child(uid), '', 'must not be empty'));
    if (utf8Length(spec[uid]) > uidLengthMax) errors.push(tooLong(specPath.child(uid), uidLengthMax));
  }
  const { maxExpirationSeconds: seconds } = spec;
  const secondsPath = specPath.child('maxExpirationSeconds');
  if (seconds === undefined) return void errors.push(required(secondsPath, 'must be set'));
  const max = isOfKubernetes(spec.signerName) ? daySeconds : expirationSecondsMax;
  if (seconds < expirationSecondsMin || seconds > max)
    errors.push(invalid(secondsPath, seconds, `must be in the range [${expirationSecondsMin}, ${max}]`));
  checkKey(errors, spec, context);
}

function isOfKubernetes(signer: string): boolean {
  const [host = ''] = signer.split('/');
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}

function checkUserAnnotations(errors: Errors, annotations: Readonly<Record<string, string>>): void {
  const path = specPath.child('unverifiedUserAnnotations');
  let bytes = 0;
  for (const [name, value] of Object.entries(annotations)) {
    const key = name.toLowerCase();
    bytes += utf8Length(name) + utf8Length(value);
    const problems = key === '' ? [] : qualifiedNameErrors(key);
    if (key === '') errors.push(required(path));
    else if (problems.length > 0) report(errors, path, key, problems);
    else if (!key.includes('/'))
      errors.push(invalid(path, key, 'must be a domain-prefixed key (such as "acme.io/foo")'));
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
}

/** The key that is asked about, in base64. */
function requestedKey(spec: Spec): string {
  const { stub, key } = proofsIn(spec);
  return stub === '' ? key : (signedDataOf(bytesOf(stub))?.publicKey.toBase64() ?? '');
}

/** The key, and whether the kubelet has it: in a request that it signed, or as kubelets before 1.36 say it. */
function checkKey(errors: Errors, spec: Spec, { signatureProblem }: HookContext): void {
  const { stub, key, proof } = proofsIn(spec);
  for (const [path, value] of [
    [keyPath, key],
    [proofPath, proof],
    [stubPath, stub],
  ] as const)
    if (bytesOf(value).length > keyBytesMax) return void errors.push(tooLong(path, keyBytesMax));
  if (stub === '' ? key === '' || proof === '' : key !== '' || proof !== '')
    return void errors.push(
      invalid(
        specPath,
        omittedValue,
        'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set',
      ),
    );
  if (stub === '') return checkProof(errors, spec, signatureProblem);
  const signed = signedDataOf(bytesOf(stub));
  if (signed === undefined) return void errors.push(invalid(stubPath, stub, 'must be a valid PKCS#10 CSR'));
  const form = keyFormOf(signed.publicKey);
  const refusal = keyRefusal(form, stub);
  if (refusal !== undefined) return void errors.push(invalid(stubPath, ...refusal));
  const problem = signatureProblem(signed);
  if (problem !== undefined) errors.push(invalid(stubPath, omittedValue, problem));
}

function checkProof(errors: Errors, spec: Spec, signatureProblem: HookContext['signatureProblem']): void {
  const { key, proof } = proofsIn(spec);
  const publicKey = bytesOf(key);
  const form = keyFormOf(publicKey);
  const unreadable = (): void => void errors.push(invalid(keyPath, key, 'must be a valid PKIX-serialized public key'));
  if (form === undefined) return unreadable();
  const refusal = keyRefusal(form, key);
  if (refusal !== undefined) return void errors.push(invalid(keyPath, ...refusal));
  const data = new TextEncoder().encode(spec.podUID);
  const signature = bytesOf(proof);
  const signed: SignedData = { data, algorithm: proofAlgorithms[form.type], signature, publicKey, anySalt: true };
  const problem = signatureProblem(signed);
  if (problem === 'x509: malformed public key') unreadable();
  else if (problem !== undefined)
    errors.push(invalid(proofPath, omittedValue, 'could not verify proof-of-possession signature'));
}

/** What is held against a key, and the value to show for it. */
function keyRefusal(form: KeyForm | undefined, value: string): [shown: string, why: string] | undefined {
  if (form === undefined || form.type === 'other')
    return [value, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA'];
  if (form.type === 'ECDSA' && form.curve === 'P-224')
    return ['curve P-224', 'elliptic public keys must use curve P256 or P384'];
  if (form.type === 'RSA' && !modulusBits.includes(form.bits))
    return [`${form.bits}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096'];
  return undefined;
}

/** AlgorithmIdentifiers, in DER: Ed25519, ECDSA with SHA-256, RSASSA-PSS with SHA-256. */
const proofAlgorithms: Readonly<Record<KeyForm['type'], Uint8Array>> = {
  Ed25519: Uint8Array.fromHex('300506032b6570'),
  ECDSA: Uint8Array.fromHex('300a06082a8648ce3d040302'),
  RSA: Uint8Array.fromHex('301e06092a864886f70d01010a3011a00f300d06096086480165030402010500'),
  other: new Uint8Array(),
};

const strategy: Strategy<PodCertificateRequest> = {
  validateName: nameIsDns1123Subdomain,
  unconditionalUpdate: false,
  defaults({ spec }) {
    spec.maxExpirationSeconds ??= daySeconds;
  },
  prepareForCreate(draft) {
    draft.status = {};
  },
  validate({ spec }, context) {
    const errors: Errors = [];
    checkSpec(errors, spec, context);
    return errors;
  },
  validateUpdate({ spec }, old) {
    const errors: Errors = [];
    checkImmutableStruct(errors, `${schema}Spec`, [spec, old.spec], specPath);
    return errors;
  },
};

const statusPart: UpdateStrategy<PodCertificateRequest> = {
  prepareForUpdate(draft, old, { now }) {
    keepMetadata(draft, old);
    const conditions = draft.status?.conditions ?? [];
    for (const [i, { type }] of conditions.entries()) {
      const before = old.status?.conditions?.find((condition) => condition.type === type);
      const isOnly = conditions.filter((condition) => condition.type === type).length === 1;
      // What was decided stays as it was decided. One more is left to be refused.
      if (before !== undefined && isOnly) conditions[i] = structuredClone(before);
    }
    for (const condition of conditions)
      if ((condition.lastTransitionTime ?? '') === '') condition.lastTransitionTime = rfc3339(now);
  },
  validateUpdate: (request, old, { now }) => statusErrors(request, old, { key: requestedKey(old.spec), now }),
};

export const podCertificateRequests = defineKind<PodCertificateRequest>({
  group,
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  namespaced: true,
  schema,
  strategy,
  subresources: { status: { type: 'part', strategy: statusPart } },
  columns: [nameColumn(), ageColumn()],
  selectable: {
    'spec.signerName': ({ spec }) => spec.signerName,
    'spec.podName': ({ spec }) => spec.podName,
    'spec.nodeName': ({ spec }) => spec.nodeName,
  },
});
