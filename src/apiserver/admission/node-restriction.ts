/** NodeRestriction: what a kubelet writes is about its own node, its own pods and its own lease. */
import { pods, type Node, type Pod, type TokenRequest } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { groupResource, objectKey, type KubeObject } from '../../machinery/mod.ts';
import { nodeOf } from '../authz/node.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

type Check = (request: AdmissionRequest, node: string) => string | undefined;

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  validate(request) {
    const node = nodeOf(request.context.user);
    if (node === undefined) return;
    if (node === '') throw forbidden(request, `could not determine node from user "${request.context.user.username}"`);
    const { kind, subresource } = request;
    const what = groupResource(kind) + (subresource === undefined ? '' : `/${subresource}`);
    const problem = checks[what]?.(request, node);
    if (problem !== undefined) throw forbidden(request, problem);
  },
};

const checkPod: Check = ({ operation, draft, old }, node) => {
  if (operation === 'DELETE')
    return onNode(old, node) ? undefined : `node "${node}" can only delete pods with spec.nodeName set to itself`;
  if (operation !== 'CREATE')
    return `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`;
  const pod = draft as Pod;
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined)
    return `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`;
  if (!onNode(pod, node)) return `node "${node}" can only create pods with spec.nodeName set to itself`;
  const owners = pod.metadata.ownerReferences ?? [];
  const own =
    owners.length === 1 && owners[0]?.apiVersion === 'v1' && owners[0].kind === 'Node' && owners[0].name === node;
  if (owners.length > 0 && !own) return `node "${node}" can only create pods with an owner reference set to itself`;
  return undefined;
};

const checkPodStatus: Check = ({ old, draft }, node) => {
  if (!onNode(old, node)) return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`;
  if (!jsonEqual(draft?.metadata?.labels ?? {}, old?.metadata?.labels ?? {}))
    return `node "${node}" cannot update labels through pod status`;
  return undefined;
};

const checkEviction: Check = ({ objects, namespace, name }, node) => {
  const pod = objects.get(pods, objectKey(namespace, name));
  return pod === undefined || onNode(pod, node)
    ? undefined
    : `node ${node} can only evict pods with spec.nodeName set to itself`;
};

const checkNode: Check = ({ operation, name, draft, old, subresource }, node) => {
  if (name !== node) return `node "${node}" is not allowed to modify node "${name}"`;
  if (operation === 'DELETE' || draft === undefined) return undefined;
  const now = draft as Node;
  const before = old as DeepReadonly<Node> | undefined;
  const labels = forbiddenLabels(now.metadata.labels ?? {}, before?.metadata.labels ?? {});
  if (labels.length > 0)
    return before === undefined
      ? `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`
      : `is not allowed to modify labels: ${labels.join(', ')}`;
  if (before === undefined || subresource !== undefined) return undefined;
  if (!jsonEqual(now.spec?.taints ?? [], before.spec?.taints ?? []))
    return `node "${node}" is not allowed to modify taints`;
  if (!jsonEqual(now.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? []))
    return `node "${node}" is not allowed to modify ownerReferences`;
  return undefined;
};

const checkLease: Check = ({ name, namespace }, node) => {
  if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  return name === node ? undefined : 'can only access node lease with the same name as the requesting node';
};

const checkToken: Check = ({ draft, objects, namespace }, node) => {
  const { kind, apiVersion, name = '', uid = '' } = (draft as TokenRequest).spec?.boundObjectRef ?? {};
  if (kind !== 'Pod' || apiVersion !== 'v1' || name === '') return 'node requested token not bound to a pod';
  if (uid === '') return 'node requested token with a pod binding without a uid';
  const pod = objects.get(pods, objectKey(namespace, name));
  if (pod === undefined) return `pod "${name}" not found`;
  if (pod.metadata.uid !== uid)
    return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  return onNode(pod, node) ? undefined : 'node requested token bound to a pod scheduled on a different node';
};

const checks: Readonly<Record<string, Check>> = {
  pods: checkPod,
  'pods/status': checkPodStatus,
  'pods/eviction': checkEviction,
  nodes: checkNode,
  'nodes/status': checkNode,
  'leases.coordination.k8s.io': checkLease,
  'serviceaccounts/token': checkToken,
};

function onNode(pod: DeepReadonly<KubeObject> | undefined, node: string): boolean {
  return (pod as DeepReadonly<Pod> | undefined)?.spec?.nodeName === node;
}

/** Labels of Kubernetes' own that nodes set on themselves; others of its own they do not, those without its domain they may. */
const ownLabels = [
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
];

function forbiddenLabels(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string[] {
  const changed = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (label) => now[label] !== before[label],
  );
  return changed.filter((label) => !mayLabel(label)).sort();
}

function mayLabel(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
  const within = (parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);
  if (within('node-restriction.kubernetes.io')) return false;
  if (!within('kubernetes.io') && !within('k8s.io')) return true;
  return ownLabels.includes(label) || within('kubelet.kubernetes.io') || within('node.kubernetes.io');
}
