/** Every admission plugin, in the order in which they run: upstream's. And which of them run. */
import { HostError, type JsonObject } from '../../base/mod.ts';
import type { AdmissionPlugin, Connect } from './admission.ts';
import { alwaysAdmit } from './always-admit.ts';
import { alwaysDeny } from './always-deny.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { clusterTrustBundleAttest } from './cluster-trust-bundle-attest.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIPs } from './deny-service-external-ips.ts';
import { eventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { imagePolicyWebhook } from './image-policy-webhook.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceAutoProvision } from './namespace-auto-provision.ts';
import { namespaceExists } from './namespace-exists.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator.ts';
import { nodeRestriction } from './node-restriction.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podGroupProtection, podGroupWorkloadExists } from './pod-groups.ts';
import { podNodeSelector } from './pod-node-selector.ts';
import { podResizeValidator } from './pod-resize-validator.ts';
import { podSecurity } from './pod-security.ts';
import { podTolerationRestriction } from './pod-toleration-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

/** One of upstream's about kinds and fields that are not served, as they are not by upstream: their features are off. */
const idle = (name: string): AdmissionPlugin => ({ name, on: [] });

const admissionPlugins: readonly AdmissionPlugin[] = [
  alwaysAdmit,
  namespaceAutoProvision,
  namespaceLifecycle,
  namespaceExists,
  limitPodHardAntiAffinityTopology,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  alwaysPullImages,
  imagePolicyWebhook,
  podSecurity,
  podNodeSelector,
  priority,
  defaultTolerationSeconds,
  podTolerationRestriction,
  eventRateLimit,
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  podGroupProtection,
  ownerReferencesPermissionEnforcement,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  clusterTrustBundleAttest,
  certificateSubjectRestriction,
  defaultIngressClass,
  denyServiceExternalIPs,
  podTopologyLabels,
  podGroupWorkloadExists,
  nodeDeclaredFeatureValidator,
  idle('JobValidation'),
  podResizeValidator,
];

/** After all that cluster administrators add: what is counted is what is stored. */
const lastPlugins: readonly AdmissionPlugin[] = [resourceQuota, alwaysDeny];

/** Plugins by upstream's names. */
export interface AdmissionChoice {
  /** Besides those that run anyway. */
  readonly enabled?: readonly string[];
  readonly disabled?: readonly string[];
  /** The configuration of plugins that have one. */
  readonly configurations?: Readonly<Record<string, JsonObject>>;
  /** For plugins that ask somebody else. */
  readonly connect?: Connect;
}

const nobody: Connect = (file) => {
  throw new HostError('Configuration', `there is no way to who ${file} names`);
};

/** `dynamic` are those that do what is configured in the store. Throws HostError. */
export function chosenPlugins(
  { enabled = [], disabled = [], configurations = {}, connect = nobody }: AdmissionChoice,
  dynamic: readonly AdmissionPlugin[],
): AdmissionPlugin[] {
  const all = [...admissionPlugins, ...dynamic, ...lastPlugins];
  const known = new Set(all.map(({ name }) => name));
  for (const [flag, names] of [
    ['enable-admission-plugins', enabled],
    ['disable-admission-plugins', disabled],
  ] as const)
    for (const name of names)
      if (!known.has(name)) throw new HostError('Configuration', `${flag} plugin "${name}" is unknown`);
  const both = enabled.filter((name) => disabled.includes(name));
  if (both.length > 0)
    throw new HostError(
      'Configuration',
      `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`,
    );
  return all
    .filter(({ name, off }) => !disabled.includes(name) && (off !== true || enabled.includes(name)))
    .map((plugin) => configured(plugin, configurations[plugin.name], connect));
}

function configured(plugin: AdmissionPlugin, given: JsonObject | undefined, connect: Connect): AdmissionPlugin {
  const configuration = given ?? (plugin.mustBeConfigured === true ? {} : undefined);
  if (configuration === undefined) return plugin;
  try {
    return plugin.configured?.(configuration, connect) ?? plugin;
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause;
    throw new HostError(cause.code, `couldn't init admission plugin "${plugin.name}": ${cause.message}`, { cause });
  }
}
