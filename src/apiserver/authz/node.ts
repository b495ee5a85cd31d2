/**
 * The node authorizer: a kubelet reaches what the pods on its node use, and nothing of the others. What it may do at all is
 * the role `system:node`; secrets, configmaps, claims, service accounts, pods, what its drivers tell of devices, its lease and
 * its Node are narrowed to what concerns it.
 */
import {
  podCertificateRequests,
  pods,
  resourceSlices,
  type Pod,
  type PodCertificateRequest,
  type ResourceSlice,
} from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { groupResource, type UserInfo } from '../../machinery/mod.ts';
import type { ChangeEvent, Entry, Store } from '../../store/mod.ts';
import { noOpinion, type Attributes, type Authorizer, type Decision, type RulesFor } from './authorizer.ts';
import { nodeRules } from './bootstrap/cluster-roles.ts';
import { rule } from './bootstrap/notation.ts';
import { optionalNodeRules } from './bootstrap/optional.ts';
import { claimOf, claimUsesSecret, isAttachedTo } from './node-volumes.ts';
import { referencesOf } from './pod-references.ts';
import { ruleFits } from './rules.ts';

/** What is not served is not asked for. */
const rules = [...nodeRules, ...Object.values(optionalNodeRules)].map(rule);
const allow: Decision = { verdict: 'allow', reason: '' };
/** What references to claims begin with. */
const claims = 'persistentvolumeclaims/';

/** The node that a user is: empty for one that says it is a node and not which; undefined for everybody else. */
export function nodeOf({ username, groups }: UserInfo): string | undefined {
  if (!username.startsWith('system:node:') || !groups.includes('system:nodes')) return undefined;
  return username.slice('system:node:'.length);
}

export class NodeAuthorizer implements Authorizer {
  readonly #store: Store;
  #pods: PodsByNode | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  authorize(attributes: Attributes): Decision {
    const node = nodeOf(attributes.user);
    if (node === undefined) return noOpinion;
    if (node === '') return no(`unknown node for user "${attributes.user.username}"`);
    if (attributes.path !== undefined) return noOpinion;
    const narrow = narrowed[groupResource({ group: attributes.group, plural: attributes.resource })];
    if (narrow !== undefined) {
      const decided = narrow(attributes, node);
      if (decided !== 'related') return decided;
      const related = attributes.name !== '' && this.#uses(node, attributes);
      if (attributes.name === '') return no('No Object name found');
      return related ? allow : no(`no relationship found between node '${node}' and this object`);
    }
    return rules.some((candidate) => ruleFits(candidate, attributes)) ? allow : noOpinion;
  }

  rulesFor(user: UserInfo): RulesFor {
    const incomplete = nodeOf(user) !== undefined;
    return {
      rules: [],
      problems: incomplete ? ['node authorizer does not support user rule resolution'] : [],
      incomplete,
    };
  }

  #uses(node: string, { resource, namespace, name }: Attributes): boolean {
    const { current } = this.#store;
    if (resource === 'podcertificaterequests') return this.#askedBy(`${namespace}/${name}`) === node;
    if (resource === 'volumeattachments') return isAttachedTo(current, name, node);
    if (resource === 'resourceslices') return this.#sliceOf(name) === node;
    // A volume is used through the claim that holds it.
    const claim = resource === 'persistentvolumes' ? claimOf(current, name) : undefined;
    if (resource === 'persistentvolumes' && claim === undefined) return false;
    const wanted = claim === undefined ? `${resource}/${namespace}/${name}` : `${claims}${claim}`;
    this.#pods ??= new PodsByNode(this.#store);
    for (const key of this.#pods.on(node)) {
      const entry = current.get(pods.collection ?? '', key);
      if (entry === undefined) continue;
      const references = referencesIn(entry);
      if (references.has(wanted)) return true;
      if (resource !== 'secrets') continue;
      for (const reference of references)
        if (
          reference.startsWith(claims) &&
          claimUsesSecret(current, reference.slice(claims.length), `${namespace}/${name}`)
        )
          return true;
    }
    return false;
  }

  /** The node that a request for a certificate is from. */
  #askedBy(key: string): string | undefined {
    const request = this.#store.current.get(podCertificateRequests.collection ?? '', key)?.value as
      | DeepReadonly<PodCertificateRequest>
      | undefined;
    return request?.spec.nodeName;
  }

  #sliceOf(name: string): string | undefined {
    const slice = this.#store.current.get(resourceSlices.collection ?? '', name)?.value as
      | DeepReadonly<ResourceSlice>
      | undefined;
    return slice?.spec?.nodeName;
  }
}

function no(reason: string): Decision {
  return { verdict: 'no-opinion', reason };
}

/** `related`: it depends on whether a pod of the node uses the object. */
type Narrow = (attributes: Attributes, node: string) => Decision | 'related';

const read: Narrow = ({ verb, subresource, namespace }) => {
  if (!['get', 'list', 'watch'].includes(verb)) return no('can only read resources of this type');
  if (subresource !== '') return no('cannot read subresource');
  return namespace === '' ? no('can only read namespaced object of this type') : 'related';
};

const get: Narrow = ({ verb, subresource }) => {
  if (verb !== 'get') return no('can only get individual resources of this type');
  return subresource === '' ? 'related' : no('cannot get subresource');
};

const claim: Narrow = (attributes, node) => {
  if (attributes.subresource !== 'status') return get(attributes, node);
  return ['update', 'patch'].includes(attributes.verb) ? 'related' : no('can only get/update/patch this type');
};

const account: Narrow = (attributes, node) => {
  const { verb, name, subresource } = attributes;
  if (verb === 'get' && subresource === '') return read(attributes, node);
  if (verb !== 'create' || name === '') return no('can only create tokens for individual service accounts');
  return subresource === 'token' ? 'related' : no('can only create token subresource of serviceaccount');
};

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

/** The name is not known when something is created: admission looks at it. */
const lease: Narrow = ({ verb, namespace, name }, node) => {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return no('can only access leases in the "kube-node-lease" system namespace');
  return verb === 'create' || name === node
    ? allow
    : no('can only access node lease with the same name as the requesting node');
};

const csiNode: Narrow = ({ verb, subresource, name }, node) => {
  if (!ownVerbs.includes(verb)) return no('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return no('cannot authorize CSINode subresources');
  return verb === 'create' || name === node
    ? allow
    : no('can only access CSINode with the same name as the requesting node');
};

/** Like a lease: whose one that is new is, admission looks at. */
const slice: Narrow = ({ verb, subresource, fieldSelector }, node) => {
  if (subresource !== '') return no('cannot authorize ResourceSlice subresources');
  if (verb === 'create') return allow;
  if (['get', 'update', 'patch', 'delete'].includes(verb)) return 'related';
  if (!['watch', 'list', 'deletecollection'].includes(verb))
    return no(
      'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
    );
  return selects(fieldSelector, 'spec.nodeName', node)
    ? allow
    : no('can only list/watch/deletecollection resourceslices with nodeName field selector');
};

const podCertificateRequest: Narrow = ({ verb, subresource, fieldSelector }, node) => {
  if (subresource !== '') return no('nodes may not access the status subresource of PodCertificateRequests');
  if (verb === 'create') return allow;
  if (verb === 'get') return 'related';
  if (verb !== 'list' && verb !== 'watch') return no(`nodes may not ${verb} podcertificaterequests`);
  return selects(fieldSelector, 'spec.nodeName', node)
    ? allow
    : no('can only list/watch podcertificaterequests with nodeName field selector');
};

const ownNode: Narrow = ({ verb, subresource, name }, node) => {
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? allow : noOpinion;
  if (subresource !== '') return noOpinion;
  if (['create', 'update', 'patch'].includes(verb)) return allow;
  if (!['get', 'list', 'watch'].includes(verb)) return noOpinion;
  if (name === node) return allow;
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
};

const pod: Narrow = ({ verb, subresource, name, fieldSelector }, node) => {
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? allow : noOpinion;
  if (subresource === 'eviction') return verb === 'create' ? allow : noOpinion;
  if (subresource !== '') return noOpinion;
  if (verb === 'create' || verb === 'delete') return allow;
  if (verb === 'get') return 'related';
  if (verb !== 'list' && verb !== 'watch') return noOpinion;
  if (selects(fieldSelector, 'spec.nodeName', node)) return allow;
  return name === '' ? no('can only list/watch pods with spec.nodeName field selector') : 'related';
};

/** Whether a selector asks for those objects only whose field has that value. */
function selects(selector: string | undefined, field: string, value: string): boolean {
  return (selector ?? '').split(',').some((part) => part === `${field}=${value}` || part === `${field}==${value}`);
}

const narrowed: Readonly<Record<string, Narrow>> = {
  secrets: read,
  configmaps: read,
  persistentvolumeclaims: claim,
  persistentvolumes: get,
  'volumeattachments.storage.k8s.io': get,
  serviceaccounts: account,
  nodes: ownNode,
  pods: pod,
  'leases.coordination.k8s.io': lease,
  'csinodes.storage.k8s.io': csiNode,
  'resourceclaims.resource.k8s.io': get,
  'resourceslices.resource.k8s.io': slice,
  'podcertificaterequests.certificates.k8s.io': podCertificateRequest,
};

/** Which pods are on which node, kept up to date from the moment on that a node first asks. */
class PodsByNode {
  readonly #nodes = new Map<string, Set<string>>();

  constructor(store: Store) {
    store.current.collection(pods.collection ?? '').scan((entry) => this.#add(entry));
    store.subscribe(
      (events) => {
        for (const event of events) if (event.entry.collection === pods.collection) this.#follow(event);
      },
      new Set([pods.collection ?? '']),
    );
  }

  on(node: string): Iterable<string> {
    return this.#nodes.get(node) ?? [];
  }

  #follow({ type, entry, previous }: ChangeEvent): void {
    const before = previous === undefined ? '' : nodeNameOf(previous);
    const after = type === 'deleted' ? '' : nodeNameOf(entry);
    if (before === after) return;
    const set = this.#nodes.get(before);
    if (set?.delete(entry.name) === true && set.size === 0) this.#nodes.delete(before);
    if (type !== 'deleted') this.#add(entry);
  }

  #add(entry: Entry): void {
    const node = nodeNameOf(entry);
    if (node === '') return;
    const set = this.#nodes.get(node);
    if (set === undefined) this.#nodes.set(node, new Set([entry.name]));
    else set.add(entry.name);
  }
}

function podOf(entry: Entry): DeepReadonly<Pod> {
  return entry.value as unknown as DeepReadonly<Pod>;
}

function nodeNameOf(entry: Entry): string {
  return podOf(entry).spec?.nodeName ?? '';
}

/** Found once for each state of the pod. */
function referencesIn(entry: Entry): ReadonlySet<string> {
  return entry.memo('node authorizer', () => referencesOf(podOf(entry)));
}
