/**
 * Pod. Its status begins as Pending with the quality of service that follows from its resources; what runs can hardly be
 * changed; a pod that a node may be running goes only after its grace period.
 */
import { defineKind, dns1123LabelErrors, type Strategy, type Subresource } from '../../machinery/mod.ts';
import type { Pod } from '../upstream/types.ts';
import { podColumns, podTable } from './pod/columns.ts';
import { resolveLabelKeys } from './pod/label-keys.ts';
import { ephemeralContainersPart, resizePart, statusPart } from './pod/parts.ts';
import { newStatus, syncAddresses } from './pod/status.ts';
import { podErrors, podUpdateErrors } from './pod/validation.ts';
import { defaultPodOnly, defaultPodSpec } from './pod-spec/defaults.ts';
import { dropDisabled } from './pod-spec/disabled.ts';
import { podWarnings } from './pod-spec/warnings.ts';

/** Whatever filled in the new name after the defaults, the old name says the same. */
function syncServiceAccount({ spec }: Pod): void {
  if (spec?.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
}

const strategy: Strategy<Pod> = {
  generation: true,
  defaults(draft) {
    if (draft.spec !== undefined) {
      defaultPodSpec(draft.spec);
      defaultPodOnly(draft.spec);
    }
    if (draft.status !== undefined) syncAddresses(draft.status);
  },
  prepareForCreate(draft, context) {
    dropDisabled(draft, context);
    syncServiceAccount(draft);
    draft.status = newStatus(draft);
    resolveLabelKeys(draft);
  },
  prepareForUpdate(draft, old, context) {
    dropDisabled(draft, context, old);
    syncServiceAccount(draft);
  },
  validate: podErrors,
  validateUpdate: podUpdateErrors,
  warnings({ metadata, spec = { containers: [] } }, old) {
    // People hardly ever change pods themselves, and programs do so often.
    if (old !== undefined) return [];
    const warnings = podWarnings(spec, metadata);
    const problems = dns1123LabelErrors(metadata.name ?? '');
    if (problems.length > 0)
      warnings.unshift(
        `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      );
    return warnings;
  },
  returnsDeleted: true,
  gracePeriodSeconds({ spec, status }, requested) {
    const over = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    if (over || (spec?.nodeName ?? '') === '') return 0;
    const seconds = requested ?? spec?.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
};

const stream = (optionsKind: string, ...methods: readonly string[]): Subresource<Pod> => ({
  type: 'connect',
  methods,
  optionsKind,
});
const allMethods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

export const pods = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
  strategy,
  columns: podColumns,
  table: podTable,
  selectable: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '',
    'status.podIPs': ({ status }) => (status?.podIPs ?? []).map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  subresources: {
    status: { type: 'part', strategy: statusPart },
    ephemeralcontainers: { type: 'part', strategy: ephemeralContainersPart, rows: false },
    resize: { type: 'part', strategy: resizePart, rows: false },
    binding: {
      type: 'create',
      input: 'io.k8s.api.core.v1.Binding',
      gvk: { group: '', version: 'v1', kind: 'Binding' },
    },
    eviction: {
      type: 'create',
      input: 'io.k8s.api.policy.v1.Eviction',
      gvk: { group: 'policy', version: 'v1', kind: 'Eviction' },
      alsoTaken: [
        {
          input: 'io.k8s.api.policy.v1beta1.Eviction',
          gvk: { group: 'policy', version: 'v1beta1', kind: 'Eviction' },
        },
      ],
    },
    log: { type: 'connect', methods: ['GET'] },
    exec: stream('PodExecOptions', 'GET', 'POST'),
    attach: stream('PodAttachOptions', 'GET', 'POST'),
    portforward: stream('PodPortForwardOptions', 'GET', 'POST'),
    proxy: stream('PodProxyOptions', ...allMethods),
  },
});
