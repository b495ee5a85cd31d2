/**
 * CertificateSigningRequest: who asks for a certificate is who creates it. After that its spec never changes; `approval`
 * writes what was decided, `status` what was issued, and neither writes the part of the other.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  forbidden,
  goQuote,
  humanDuration,
  invalid,
  nameColumn,
  nameIsPathSegment,
  notSupported,
  required,
  type FieldError,
  type HookContext,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import { differences } from '../differences.ts';
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
} from '../upstream/types.ts';
import { certificatesProblem, signedRequestProblem } from './pem.ts';
import { checkSignerName } from './signer-name.ts';

type Request = CertificateSigningRequest;
type ReadonlyRequest = DeepReadonly<Request>;
type Conditions = readonly DeepReadonly<CertificateSigningRequestCondition>[];

const specPath = field('spec');
const conditionsPath = field('status', 'conditions');
const conditionsType = '[]io.k8s.api.certificates.v1.CertificateSigningRequestCondition';
const certificatePath = field('status', 'certificate');

/** The signer of requests from before there were signers. */
const legacySigner = 'kubernetes.io/legacy-unknown';
const expirationSecondsMin = 600;
const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** A decision is there or it is not. */
const decisions = ['Approved', 'Denied', 'Failed'];
const approvals = ['Approved', 'Denied'];
const statuses = ['False', 'True', 'Unknown'];

const hasDuplicates = (values: readonly string[]): boolean => new Set(values).size < values.length;

/** What is wrong with a request. What was wrong in `old` already may stay so. */
function requestErrors(
  { spec, status = {} }: ReadonlyRequest,
  { signatureProblem }: HookContext,
  old?: ReadonlyRequest,
): Errors {
  const errors: Errors = [];
  // Absent, it is null.
  const problem = signedRequestProblem(spec.request ?? '', signatureProblem);
  if (problem !== undefined) errors.push(invalid(specPath.child('request'), spec.request, problem));
  checkUsages(errors, spec.usages ?? [], old?.spec.usages ?? []);
  const signerPath = specPath.child('signerName');
  if (spec.signerName === legacySigner && old?.spec.signerName !== legacySigner)
    errors.push(invalid(signerPath, spec.signerName, 'the legacy signerName is not allowed via this API version'));
  else checkSignerName(errors, spec.signerName, signerPath);
  const { expirationSeconds: seconds } = spec;
  if (seconds !== undefined && seconds < expirationSecondsMin)
    errors.push(
      invalid(
        specPath.child('expirationSeconds'),
        seconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    );
  checkRequestConditions(errors, status.conditions ?? [], old?.status?.conditions ?? []);
  const before = old?.status?.certificate ?? '';
  const certificate = status.certificate ?? '';
  const untouched = old !== undefined && (certificate === before || certificatesProblem(before) !== undefined);
  const wrong = untouched ? undefined : certificatesProblem(certificate);
  if (wrong !== undefined) errors.push(invalid(certificatePath, '<certificate data>', wrong));
  return errors;
}

function checkUsages(errors: Errors, wanted: readonly string[], before: readonly string[]): void {
  const path = specPath.child('usages');
  if (wanted.length === 0) errors.push(required(path));
  if (before.every((usage) => usages.includes(usage)))
    for (const [i, usage] of wanted.entries())
      if (!usages.includes(usage)) errors.push(notSupported(path.index(i), usage, usages));
  if (hasDuplicates(before)) return;
  for (const [i, usage] of wanted.entries())
    if (wanted.indexOf(usage) < i) errors.push(duplicate(path.index(i), usage));
}

function checkRequestConditions(errors: Errors, conditions: Conditions, before: Conditions): void {
  const types = before.map(({ type }) => type);
  const bothBefore = approvals.every((type) => types.includes(type));
  const duplicatesBefore = hasDuplicates(types);
  const seen = new Set<string>();
  for (const [i, { type, status }] of conditions.entries()) {
    const at = conditionsPath.index(i);
    if (type === '' && !types.includes('')) errors.push(required(at.child('type')));
    const allowed = decisions.includes(type) ? ['True'] : statuses;
    if (status === '') errors.push(required(at.child('status')));
    else if (!allowed.includes(status)) errors.push(notSupported(at.child('status'), status, allowed));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (!bothBefore && other !== undefined && seen.has(other))
      errors.push(invalid(conditionsPath, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type) && !duplicatesBefore) errors.push(duplicate(at.child('type'), type));
    seen.add(type);
  }
}

/** What one way of writing may do. */
interface Rights {
  readonly approve?: boolean;
  readonly issue?: boolean;
}

function updateErrors(
  request: ReadonlyRequest,
  old: ReadonlyRequest,
  context: HookContext,
  { approve, issue }: Rights,
): FieldError[] {
  const errors = requestErrors(request, context, old);
  const of = ({ status }: ReadonlyRequest, type: string): Conditions =>
    (status?.conditions ?? []).filter((condition) => condition.type === type);
  const deny = (what: string, type: string, how = ''): void =>
    void errors.push(forbidden(conditionsPath, `updates may not ${what} a condition of type ${goQuote(type)}${how}`));
  for (const type of decisions) if (of(request, type).length < of(old, type).length) deny('remove', type);
  if (approve !== true)
    for (const type of approvals) {
      const now = of(request, type);
      const before = of(old, type);
      if (now.length > before.length) deny('add', type);
      else if (now.length === before.length && !jsonEqual(now, before))
        deny('modify', type, `\n${differences(conditionsType, before, now)}`);
    }
  const before = old.status?.certificate ?? '';
  if ((request.status?.certificate ?? '') === before) return errors;
  if (issue !== true) errors.push(forbidden(certificatePath, 'updates may not set certificate content'));
  else if (before !== '')
    errors.push(forbidden(certificatePath, 'updates may not modify existing certificate content'));
  return errors;
}

/** The times of conditions that are new or have changed, where who wrote them left them out. */
function stampConditions(draft: Request, old: ReadonlyRequest, { now }: HookContext): void {
  const time = rfc3339(now);
  for (const condition of draft.status?.conditions ?? []) {
    condition.lastUpdateTime ??= time;
    if (condition.lastTransitionTime !== undefined && condition.lastTransitionTime !== null) continue;
    const before = old.status?.conditions?.find(({ type }) => type === condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
    condition.lastTransitionTime = kept ?? time;
  }
}

const strategy: Strategy<Request> = {
  // Whatever name is good enough for the one who asks.
  // Any name that a path can hold.
  validateName: nameIsPathSegment,
  prepareForCreate(draft, { user }) {
    const { request, signerName, expirationSeconds, usages: wanted } = draft.spec;
    const { username, uid = '', groups, extra = {} } = user;
    // In the order in which Go writes them.
    const spec: CertificateSigningRequestSpec = { request, signerName };
    if (expirationSeconds !== undefined) spec.expirationSeconds = expirationSeconds;
    if (wanted !== undefined) spec.usages = wanted;
    spec.username = username;
    if (uid !== '') spec.uid = uid;
    if (groups.length > 0) spec.groups = [...groups];
    if (Object.keys(extra).length > 0)
      spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
    draft.spec = spec;
    draft.status = {};
  },
  prepareForUpdate(draft, old) {
    draft.spec = structuredClone(old.spec) as CertificateSigningRequestSpec;
  },
  validate: (request, context) => requestErrors(request, context),
  validateUpdate: (request, old, context) => updateErrors(request, old, context, {}),
};

const statusPart: UpdateStrategy<Request> = {
  prepareForUpdate(draft, old, context) {
    for (const type of approvals) keepConditions(draft, old, type);
    stampConditions(draft, old, context);
  },
  validateUpdate: (request, old, context) => updateErrors(request, old, context, { issue: true }),
};

/** What was decided stays as it was decided. One more or one less is left to be refused. */
function keepConditions({ status }: Request, old: ReadonlyRequest, type: string): void {
  const before = (old.status?.conditions ?? []).filter((condition) => condition.type === type);
  const places = (status?.conditions ?? []).flatMap((condition, i) => (condition.type === type ? [i] : []));
  if (status?.conditions === undefined || before.length !== places.length) return;
  for (const [i, place] of places.entries())
    status.conditions[place] = structuredClone(before[i]) as CertificateSigningRequestCondition;
}

const approvalPart: UpdateStrategy<Request> = {
  prepareForUpdate(draft, old, context) {
    const { conditions } = draft.status ?? {};
    const { certificate } = old.status ?? {};
    draft.spec = structuredClone(old.spec) as CertificateSigningRequestSpec;
    draft.status = {
      ...(conditions === undefined ? {} : { conditions }),
      ...(certificate === undefined ? {} : { certificate }),
    };
    stampConditions(draft, old, context);
  },
  validateUpdate: (request, old, context) => updateErrors(request, old, context, { approve: true }),
};

function conditionText({ status = {} }: ReadonlyRequest): string {
  const types = (status.conditions ?? []).map(({ type }) => type);
  const decision = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  return `${decision}${failed}${(status.certificate ?? '') === '' ? '' : ',Issued'}`;
}

export const certificateSigningRequests = defineKind<Request>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  shortNames: ['csr'],
  strategy,
  subresources: {
    approval: { type: 'part', strategy: approvalPart, writesStatus: true, rows: false },
    status: { type: 'part', strategy: statusPart },
  },
  columns: [
    nameColumn(),
    ageColumn(),
    column('SignerName', 'Who is asked to sign.', ({ spec }) => (spec.signerName === '' ? none : spec.signerName)),
    column('Requestor', 'Who asks.', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'How long the certificate is to be good.', ({ spec: { expirationSeconds: seconds } }) =>
      seconds === undefined ? none : humanDuration(seconds * 1000),
    ),
    column('Condition', 'What was decided and what came of it.', conditionText),
  ],
  selectable: { 'spec.signerName': ({ spec }) => spec.signerName },
});
