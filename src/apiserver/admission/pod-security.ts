/**
 * PodSecurity: pods keep to the Pod Security Standard that their namespace asks for by its labels. Whoever makes pods, a
 * Deployment for example, is told in advance; and whoever changes the labels is told which pods there are no longer would be.
 */
import { namespaces, pods, type Namespace, type Pod } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ApiError,
  controllerOf,
  fieldErrorsText,
  groupResource,
  type FieldError,
  type KubeObject,
} from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import type { AnyContainer, Judged, Template } from './pod-security/check.ts';
import { podSecuritySettings, usualSettings, type PodSecuritySettings } from './pod-security/configuration.ts';
import {
  compareLevels,
  ignoredText,
  policyOf,
  standardText,
  type Policy,
  type Standard,
} from './pod-security/policy.ts';
import { details, reasons, violations } from './pod-security/standards.ts';

type ReadPod = DeepReadonly<Pod>;

const annotationPrefix = 'pod-security.kubernetes.io/';
const ignoredSubresources = ['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'];
const templated = [
  'replicationcontrollers',
  'podtemplates',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
];
const podsCheckedMax = 3000;
const checkingMsMax = 1000;

function pluginWith(settings: PodSecuritySettings): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    on: ['pods', 'namespaces', ...templated],
    configured: (configuration) => pluginWith(podSecuritySettings(configuration)),
    validate(request) {
      if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return;
      const on = groupResource(request.kind);
      if (on === 'namespaces') checkNamespace(request, settings);
      else if (on === 'pods') checkPod(request, settings);
      else checkTemplate(request, settings);
    },
  };
}

export const podSecurity = pluginWith(usualSettings);

/** What pods of the request's namespace are held against; undefined where nobody looks. */
function policyFor(
  { namespace = '', objects, context, annotate }: AdmissionRequest,
  { defaults, exempt }: PodSecuritySettings,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } | undefined {
  const reason = exempt.namespaces.has(namespace)
    ? 'namespace'
    : exempt.usernames.has(context.user.username)
      ? 'user'
      : undefined;
  if (reason !== undefined) {
    annotate(`${annotationPrefix}exempt`, reason);
    return undefined;
  }
  const found = objects.get(namespaces, namespace);
  if (found === undefined) throw ApiError.internal(`failed to lookup namespace "${namespace}"`);
  let asked = known.get(found);
  if (asked?.defaults !== defaults)
    known.set(found, (asked = { ...policyOf(found.metadata.labels ?? {}, defaults), defaults }));
  return asked;
}

/** What a namespace asks for, as it is now: every pod of it is held against that. */
const known = new WeakMap<object, ReturnType<typeof policyOf> & { readonly defaults: Policy }>();

function checkPod(request: AdmissionRequest, settings: PodSecuritySettings): void {
  const { subresource, operation, draft, old, annotate } = request;
  if (subresource !== undefined && ignoredSubresources.includes(subresource)) return;
  const found = policyFor(request, settings);
  if (found === undefined) return;
  const { policy, errors } = found;
  if (errors.length === 0 && Object.values(policy).every(({ level }) => level === 'privileged')) {
    annotate(`${annotationPrefix}enforce-policy`, standardText(policy.enforce));
    return;
  }
  const pod = draft as ReadPod;
  if (operation === 'UPDATE' && !matters(pod, old as ReadPod)) return;
  evaluate(request, settings, { ...found, judged: judgedOf(pod), enforced: true });
}

function checkTemplate(request: AdmissionRequest, settings: PodSecuritySettings): void {
  if (request.subresource !== undefined) return;
  const found = policyFor(request, settings);
  if (found === undefined) return;
  const { warn, audit } = found.policy;
  if (found.errors.length === 0 && warn.level === 'privileged' && audit.level === 'privileged') return;
  const template = templateOf(request.draft as Templated);
  if (template?.spec !== undefined)
    evaluate(request, settings, { ...found, judged: judgedOf(template), enforced: false });
}

/** Everything that makes pods has their template in one of these places. */
interface Templated extends KubeObject {
  template?: Template;
  spec?: { template?: Template; jobTemplate?: { spec?: { template?: Template } } };
}

function templateOf({ template, spec }: Templated): Template | undefined {
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}

function judgedOf({ metadata, spec }: ReadPod | Template): Judged {
  return { annotations: metadata?.annotations ?? {}, spec: spec ?? { containers: [] } };
}

interface Evaluation {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
  readonly judged: Judged;
  readonly enforced: boolean;
}

function evaluate(
  request: AdmissionRequest,
  { exempt }: PodSecuritySettings,
  { policy, errors, judged, enforced }: Evaluation,
): void {
  const annotate = (key: string, value: string): void => request.annotate(annotationPrefix + key, value);
  if (exempt.runtimeClasses.has(judged.spec.runtimeClassName ?? '')) return annotate('exempt', 'runtimeClass');
  if (errors.length > 0) annotate('error', `Failed to parse policy: ${fieldErrorsText(errors)}`);
  const problem = (standard: Standard): string | undefined => {
    const found = violations(judged, standard);
    return found.length === 0 ? undefined : `PodSecurity "${standardText(standard)}": ${details(found)}`;
  };
  if (enforced) annotate('enforce-policy', standardText(policy.enforce));
  const refusal = enforced ? problem(policy.enforce) : undefined;
  const audited = problem(policy.audit);
  if (audited !== undefined) annotate('audit-violations', `would violate ${audited}`);
  if (refusal !== undefined) throw forbidden(request, `violates ${refusal}`);
  const warned = problem(policy.warn);
  if (warned !== undefined) request.warn(`would violate ${warned}`);
}

/** Of what can be changed of a pod, only its images are looked at, and containers that are added. */
function matters({ spec, metadata }: ReadPod, old: ReadPod): boolean {
  const noteOf = (name: string, pod: Pick<ReadPod, 'metadata'>): string | undefined =>
    pod.metadata.annotations?.[`container.seccomp.security.alpha.kubernetes.io/${name}`];
  const changed = (container: AnyContainer, before: AnyContainer | undefined): boolean =>
    container.image !== before?.image || noteOf(container.name, { metadata }) !== noteOf(container.name, old);
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec?.[list] ?? [], old.spec?.[list] ?? []];
    if (now.length !== before.length || now.some((container, i) => changed(container, before[i]))) return true;
  }
  const ephemeral = old.spec?.ephemeralContainers ?? [];
  return (spec?.ephemeralContainers ?? []).some((container) =>
    changed(
      container,
      ephemeral.find(({ name }) => name === container.name),
    ),
  );
}

function checkNamespace(request: AdmissionRequest, settings: PodSecuritySettings): void {
  if (request.subresource !== undefined) return;
  const { name, old } = request;
  const labels = (request.draft as Namespace).metadata.labels ?? {};
  const { policy, errors } = policyOf(labels, settings.defaults);
  const before = old === undefined ? undefined : policyOf(old.metadata?.labels ?? {}, settings.defaults);
  if (errors.length > 0 && (before === undefined || fieldErrorsText(errors) !== fieldErrorsText(before.errors)))
    throw ApiError.invalid(namespaces, name, errors);
  const enforce = before?.policy.enforce;
  const relaxed = enforce?.minor === policy.enforce.minor && compareLevels(policy.enforce.level, enforce.level) <= 0;
  if (before !== undefined && (policy.enforce.level === 'privileged' || relaxed)) return;
  if (settings.exempt.namespaces.has(name)) {
    const text = ignoredText(name, labels, policy, settings.defaults);
    if (text !== undefined) request.warn(text);
  } else if (before !== undefined)
    for (const text of podWarnings(request, settings, policy.enforce)) request.warn(text);
}

/** What the pods that are there would violate; of pods with the same controller one is looked at before the others. */
function podWarnings(
  { objects, name, clock }: AdmissionRequest,
  { exempt }: PodSecuritySettings,
  enforce: Standard,
): string[] {
  const concerned = objects
    .list(pods, name)
    .filter(({ spec }) => !exempt.runtimeClasses.has(spec?.runtimeClassName ?? ''));
  const seen = new Set<string>();
  const isRepeated = (pod: ReadPod): boolean => {
    const uid = controllerOf(pod)?.uid;
    if (uid === undefined) return false;
    const repeated = seen.has(uid);
    seen.add(uid);
    return repeated;
  };
  const marked = concerned.map((pod) => ({ pod, repeated: isRepeated(pod) }));
  const ordered = [...marked.filter(({ repeated }) => !repeated), ...marked.filter(({ repeated }) => repeated)];
  const found = new Map<string, string[]>();
  const until = clock.now() + checkingMsMax;
  let checked = 0;
  for (const { pod } of ordered.slice(0, podsCheckedMax)) {
    checked++;
    const text = reasons(violations(judgedOf(pod), enforce));
    if (text !== '') found.set(text, [...(found.get(text) ?? []), pod.metadata.name ?? '']);
    if (clock.now() > until) break;
  }
  return [
    ...(checked < ordered.length
      ? [`new PodSecurity enforce level only checked against the first ${checked} of ${ordered.length} existing pods`]
      : []),
    ...(found.size > 0
      ? [`existing pods in namespace "${name}" violate the new PodSecurity enforce level "${standardText(enforce)}"`]
      : []),
    ...[...found].map(([text, names]) => `${namesText(names)}: ${text}`).sort(),
  ];
}

function namesText(names: readonly string[]): string {
  const [first = ''] = names.toSorted();
  const others = names.length - 1;
  if (others === 0) return first;
  return `${first} (and ${others} other ${others === 1 ? 'pod' : 'pods'})`;
}
