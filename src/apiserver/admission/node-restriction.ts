/** NodeRestriction: what a kubelet writes is about its own node, and about the pods that are on it. */
import {
  csiDrivers,
  differences,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  requestCommonName,
  requestProblem,
  serviceAccounts,
  type CertificateSigningRequest,
  type Node,
  type PersistentVolumeClaim,
  type Pod,
  type PodCertificateRequest,
  type ResourceSlice,
  type TokenRequest,
} from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ApiError,
  goQuote,
  groupResource,
  isApiError,
  objectKey,
  type Kind,
  type KubeObject,
} from '../../machinery/mod.ts';
import { decide } from '../authz/authorizer.ts';
import { nodeOf } from '../authz/node.ts';
import { mirrorAnnotation, referencedApi } from '../authz/pod-references.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

type ReadonlyPod = DeepReadonly<Pod>;
/** What is held against the request. Throws ApiError NotFound for something that the request speaks of and is not there. */
type Check = (request: AdmissionRequest, node: string) => string | undefined | Promise<string | undefined>;

/** As upstream it looks at what the client sent: before anything but the account of a pod is filled in. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  mutate(request) {
    if (request.operation === 'CONNECT') return undefined;
    const node = nodeOf(request.context.user);
    if (node === undefined) return undefined;
    if (node === '') throw forbidden(request, `could not determine node from user "${request.context.user.username}"`);
    const problem = checks[groupResource(request.kind)]?.(request, node);
    if (problem instanceof Promise) return problem.then((found) => refuse(request, found));
    return refuse(request, problem);
  },
};

function refuse(request: AdmissionRequest, problem: string | undefined): void {
  if (problem !== undefined) throw forbidden(request, problem);
}

const checkPod: Check = (request, node) => {
  const { operation, subresource, draft, old } = request;
  if (subresource === 'status') return checkPodStatus(request, node);
  if (subresource === 'eviction') return checkEviction(request, node);
  if (subresource !== undefined)
    return `unexpected pod subresource ${goQuote(subresource)}, only 'status' and 'eviction' are allowed`;
  if (operation === 'CREATE') return checkMirrorPod(request, draft as Pod, node);
  if (operation === 'DELETE')
    return onNode(old, node) ? undefined : `node "${node}" can only delete pods with spec.nodeName set to itself`;
  return `unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`;
};

/** A node shows the pods that it has from its own files. They are its own, and reach nothing in the cluster. */
function checkMirrorPod(request: AdmissionRequest, pod: Pod, node: string): string | undefined {
  const { metadata, spec } = pod;
  if (metadata.annotations?.[mirrorAnnotation] === undefined)
    return `pod does not have "${mirrorAnnotation}" annotation, node "${node}" can only create mirror pods`;
  if (spec?.nodeName !== node) return `node "${node}" can only create pods with spec.nodeName set to itself`;
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0) return `node "${node}" can only create pods with a single owner reference set to itself`;
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    return `node "${node}" can only create pods with an owner reference set to itself`;
  if (owner.controller !== true)
    return `node "${node}" can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `node "${node}" must not set blockOwnerDeletion on an owner reference`;
  const { uid = '' } = existing(request, nodes, node).metadata;
  if (owner.uid !== uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
  const reached = referencedApi(pod);
  return reached === undefined ? undefined : `node "${node}" can not create pods that reference ${reached}`;
}

const checkPodStatus: Check = ({ operation, old, draft }, node) => {
  if (operation !== 'UPDATE') return `unexpected operation "${operation}"`;
  const [before, now] = [old as ReadonlyPod, draft as Pod];
  if (!onNode(before, node))
    return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`;
  if (!jsonEqual(now.metadata.labels ?? {}, before.metadata.labels ?? {}))
    return `node "${node}" cannot update labels through pod status`;
  if (!jsonEqual(claimsOf(now), claimsOf(before))) return `node "${node}" cannot update resource claim statues`;
  if (!jsonEqual(now.status?.extendedResourceClaimStatus, before.status?.extendedResourceClaimStatus))
    return `node "${node}" cannot update extended resource claim status`;
  return undefined;
};

function claimsOf({ status }: ReadonlyPod): readonly (readonly [string, string | undefined])[] {
  return (status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [name, resourceClaimName] as const);
}

const checkEviction: Check = (request, node) => {
  if (request.operation !== 'CREATE') return `unexpected operation ${request.operation}`;
  return onNode(existing(request, pods, request.name), node)
    ? undefined
    : `node ${node} can only evict pods with spec.nodeName set to itself`;
};

const checkNode: Check = ({ operation, name, draft, old }, node) => {
  if (name !== node) return `node "${node}" is not allowed to modify node "${name}"`;
  if (operation === 'DELETE' || draft === undefined) return undefined;
  const now = draft as Node;
  const before = old as DeepReadonly<Node> | undefined;
  const labels = forbiddenLabels(now.metadata.labels ?? {}, before?.metadata.labels ?? {}).join(', ');
  const { configSource } = now.spec ?? {};
  if (before === undefined) {
    if ((configSource ?? undefined) !== undefined)
      return `node "${node}" is not allowed to create pods with a non-nil configSource`;
    return labels === '' ? undefined : `node "${node}" is not allowed to set the following labels: ${labels}`;
  }
  if ((configSource ?? undefined) !== undefined && !jsonEqual(configSource, before.spec?.configSource))
    return `node "${node}" is not allowed to update configSource to a new non-nil configSource`;
  if (!jsonEqual(now.spec?.taints ?? [], before.spec?.taints ?? []))
    return `node "${node}" is not allowed to modify taints`;
  if (!jsonEqual(now.metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? []))
    return `node "${node}" is not allowed to modify ownerReferences`;
  return labels === '' ? undefined : `is not allowed to modify labels: ${labels}`;
};

/** How far the kubelet has got with resizing a volume. */
const ownClaimFields = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses'] as const;

const checkClaim: Check = ({ operation, subresource, draft, old }, node) => {
  if (subresource !== 'status') return 'may only update PVC status';
  if (operation !== 'UPDATE') return `unexpected operation "${operation}"`;
  const now = othersOf(draft as PersistentVolumeClaim);
  const before = othersOf(old as DeepReadonly<PersistentVolumeClaim>);
  return jsonEqual(now, before)
    ? undefined
    : `node "${node}" is not allowed to update fields other than status.quantity and status.conditions: ${differences('io.k8s.api.core.v1.PersistentVolumeClaim', before, now)}`;
};

/** What of a claim is not for nodes. */
function othersOf({ metadata, spec, status = {} }: DeepReadonly<PersistentVolumeClaim>): object {
  const { resourceVersion: _, managedFields: __, ...others } = metadata;
  const own: ReadonlySet<string> = new Set(ownClaimFields);
  return {
    metadata: others,
    spec,
    status: Object.fromEntries(Object.entries(status).filter(([name]) => !own.has(name))),
  };
}

const checkLease: Check = ({ name, namespace }, node) => {
  if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  return name === node ? undefined : 'can only access node lease with the same name as the requesting node';
};

const checkCsiNode: Check = ({ name }, node) =>
  name === node ? undefined : 'can only access CSINode with the same name as the requesting node';

const checkSlice: Check = ({ operation, draft, old }, node) => {
  const slice = (operation === 'CREATE' ? draft : operation === 'DELETE' ? old : undefined) as
    | DeepReadonly<ResourceSlice>
    | undefined;
  if (slice === undefined || slice.spec?.nodeName === node) return undefined;
  return `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`;
};

const kubeletSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet'];

const checkSigningRequest: Check = ({ operation, draft }, node) => {
  if (operation !== 'CREATE') return undefined;
  const { signerName, request } = (draft as CertificateSigningRequest).spec;
  if (!kubeletSigners.includes(signerName)) return undefined;
  const problem = requestProblem(request ?? '');
  if (problem !== undefined) return `unable to parse csr: ${problem}`;
  const name = `system:node:${node}`;
  return requestCommonName(request) === name ? undefined : `can only create a node CSR with CN=${name}`;
};

/** A node asks for certificates of pods that it runs. What may only be not known yet is no refusal: the node tries again. */
const checkPodCertificateRequest: Check = (request, node) => {
  const { operation, subresource, namespace = '', draft } = request;
  if (operation !== 'CREATE') return `unexpected operation ${operation}`;
  if (subresource !== undefined) return `unexpected subresource ${subresource}`;
  const { spec } = draft as PodCertificateRequest;
  const podName = goQuote(`${namespace}/${spec.podName}`);
  const about = `PodCertificateRequest for pod ${podName}`;
  if (spec.nodeName !== node)
    return `PodCertificateRequest.Spec.NodeName=${goQuote(spec.nodeName)}, which is not the requesting node "${node}"`;
  const { uid: nodeUid = '' } = named(request, nodes, spec.nodeName, `node "${node}"`).metadata;
  if (nodeUid !== spec.nodeUID)
    throw unsettled(
      `${about} names node UID ${goQuote(spec.nodeUID)}, inconsistent with the running node ("${nodeUid}")`,
    );
  const pod = named(request, pods, spec.podName, `pod ${podName}`);
  const { uid: podUid = '', annotations = {} } = pod.metadata;
  if (podUid !== spec.podUID)
    throw unsettled(`${about} contains pod UID (${goQuote(spec.podUID)}) which differs from running pod "${podUid}"`);
  if (!onNode(pod, node)) return `pod ${podName} is not running on node "${node}" named in the PodCertificateRequest`;
  if (annotations[mirrorAnnotation] !== undefined) return `pod ${podName} is a mirror pod`;
  const { serviceAccountName: account } = spec;
  const { serviceAccountName: running = '' } = pod.spec ?? {};
  if (account !== running)
    return `${about} contains serviceAccountName (${goQuote(account)}) that differs from running pod (${goQuote(running)})`;
  const accountName = goQuote(`${namespace}/${account}`);
  const { uid = '' } = named(request, serviceAccounts, account, `service account ${accountName}`).metadata;
  if (uid !== spec.serviceAccountUID)
    throw unsettled(
      `${about} names service account UID ${goQuote(spec.serviceAccountUID)}, which differs from the running service account ("${uid}")`,
    );
  return undefined;
};

function named<T extends KubeObject>(
  request: AdmissionRequest,
  kind: Kind<T>,
  name: string,
  what: string,
): DeepReadonly<T> {
  const found = request.objects.get(kind, objectKey(kind.namespaced ? request.namespace : undefined, name));
  if (found !== undefined) return found;
  throw unsettled(`while retrieving ${what} named in the PodCertificateRequest: ${kind.singular} "${name}" not found`);
}

/** As upstream's errors that are none of the API's. */
function unsettled(message: string): ApiError {
  return new ApiError('Unknown', message);
}

const checkToken: Check = (request, node) => {
  const { operation, subresource, draft } = request;
  if (operation !== 'CREATE' || subresource !== 'token') return undefined;
  const { boundObjectRef, audiences } = (draft as TokenRequest).spec ?? {};
  const { kind, apiVersion, name = '', uid = '' } = boundObjectRef ?? {};
  if (kind !== 'Pod' || apiVersion !== 'v1' || name === '') return 'node requested token not bound to a pod';
  if (uid === '') return 'node requested token with a pod binding without a uid';
  const pod = existing(request, pods, name);
  if (pod.metadata.uid !== uid)
    return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  if (!onNode(pod, node)) return 'node requested token bound to a pod scheduled on a different node';
  return checkAudience(request, pod, audiences ?? []);
};

/** A node asks for tokens that its pod mounts, that a driver of the pod's volumes wants, or that it may have by name. */
async function checkAudience(
  request: AdmissionRequest,
  pod: ReadonlyPod,
  [audience = '', ...more]: readonly string[],
): Promise<string | undefined> {
  if (more.length > 0) return 'node may only request 0 or 1 audiences';
  const lost = new Set<string>();
  for (const volume of pod.spec?.volumes ?? []) {
    const sources = volume.projected?.sources ?? [];
    if (sources.some(({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? '') === audience))
      return undefined;
    try {
      if (audiencesOfDriver(request, pod, volume).includes(audience)) return undefined;
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      lost.add(error.message);
    }
  }
  if (lost.size > 0)
    return `error validating audience ${goQuote(audience)}: ${lost.size === 1 ? [...lost].join() : `[${[...lost].join(', ')}]`}`;
  const { user } = request.context;
  const { namespace = '', name } = request;
  const verb = 'request-serviceaccounts-token-audience';
  const asked = { user, verb, group: '', version: 'v1', resource: audience, subresource: '', namespace, name };
  const { verdict, error } = await decide(request.authorizers, asked);
  const unfound = `audience ${goQuote(audience)} not found in pod spec volume`;
  if (verdict === 'allow') return undefined;
  return error === undefined
    ? `${unfound}, ${user.username} is not authorized to request tokens for this audience`
    : `${unfound}, error authorizing ${user.username} to request tokens for this audience: ${error}`;
}

type PodVolume = NonNullable<NonNullable<ReadonlyPod['spec']>['volumes']>[number];

/** What the CSI driver of a volume wants tokens for: one in the pod itself, or behind the pod's claim. */
function audiencesOfDriver(request: AdmissionRequest, { metadata }: ReadonlyPod, volume: PodVolume): readonly string[] {
  const { name, ephemeral, persistentVolumeClaim } = volume;
  const claim =
    ephemeral?.volumeClaimTemplate === undefined ? persistentVolumeClaim?.claimName : `${metadata.name ?? ''}-${name}`;
  const driver = claim === undefined ? driverOf(volume) : driverOfClaim(request, claim);
  if (driver === '') return [];
  return (existing(request, csiDrivers, driver).spec.tokenRequests ?? []).map(({ audience }) => audience);
}

function driverOfClaim(request: AdmissionRequest, name: string): string {
  const { volumeName = '' } = existing(request, persistentVolumeClaims, name).spec ?? {};
  return driverOf(existing(request, persistentVolumes, volumeName).spec ?? {});
}

/** The drivers that took over from what was once built into Kubernetes. */
const takenOver = {
  awsElasticBlockStore: 'ebs.csi.aws.com',
  azureDisk: 'disk.csi.azure.com',
  azureFile: 'file.csi.azure.com',
  cinder: 'cinder.csi.openstack.org',
  gcePersistentDisk: 'pd.csi.storage.gke.io',
  portworxVolume: 'pxd.portworx.com',
  vsphereVolume: 'csi.vsphere.vmware.com',
} as const;

function driverOf(
  source: { readonly csi?: { readonly driver: string } } & { readonly [K in keyof typeof takenOver]?: object },
): string {
  if (source.csi !== undefined) return source.csi.driver;
  return Object.entries(takenOver).find(([name]) => source[name as keyof typeof takenOver] !== undefined)?.[1] ?? '';
}

const checks: Readonly<Record<string, Check>> = {
  pods: checkPod,
  nodes: checkNode,
  persistentvolumeclaims: checkClaim,
  serviceaccounts: checkToken,
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkCsiNode,
  'resourceslices.resource.k8s.io': checkSlice,
  'certificatesigningrequests.certificates.k8s.io': checkSigningRequest,
  'podcertificaterequests.certificates.k8s.io': checkPodCertificateRequest,
};

/** Throws NotFound as upstream's caches do: they call what they look for by its singular. */
function existing<T extends KubeObject>(
  { objects, namespace }: AdmissionRequest,
  kind: Kind<T>,
  name: string,
): DeepReadonly<T> {
  const found = objects.get(kind, objectKey(kind.namespaced ? namespace : undefined, name));
  if (found === undefined) throw ApiError.notFound({ group: kind.group, plural: kind.singular }, name);
  return found;
}

function onNode(pod: DeepReadonly<KubeObject> | undefined, node: string): boolean {
  return (pod as ReadonlyPod | undefined)?.spec?.nodeName === node;
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
