/**
 * POST pods/NAME/binding: gives a pod its node, once and for all.
 *
 * What always holds: a pod that has a node keeps it; one commit does it all (node, annotations, the PodScheduled condition),
 * checked against the pod as it was read.
 */
import type { Binding, Pod, PodCondition } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { ApiError, field, fieldErrorsText, notSupported, objectKey, required, type FieldError, type Kind, type KubeObject } from '../../machinery/mod.ts';
import type { Operation, Result } from '../operation.ts';
import { collectionOf } from '../read.ts';
import type { ApiServer } from '../server.ts';
import { answer, type PostHandler } from '../subresources.ts';

const attemptsMax = 64;
const bindings = { group: '', plural: 'pods/binding', kind: 'Binding' };

function bindingErrors({ target }: DeepReadonly<Binding>): FieldError[] {
  const path = field('target');
  const errors: FieldError[] = [];
  const kind = target.kind ?? '';
  if (kind !== '' && kind !== 'Node') errors.push(notSupported(path.child('kind'), kind, ['Node', '<empty>']));
  if ((target.name ?? '') === '') errors.push(required(path.child('name'), ''));
  return errors;
}

/** Why this binding is not of this pod, or the pod cannot take a node. */
function refusal(pod: DeepReadonly<Pod>, { metadata: { uid = '', resourceVersion = '' } }: DeepReadonly<Binding>): string | undefined {
  const { name = '', uid: own = '', resourceVersion: version = '' } = pod.metadata;
  if (uid !== '' && uid !== own) return `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${own}`;
  if (resourceVersion !== '' && resourceVersion !== version) return `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${version}`;
  if (pod.metadata.deletionTimestamp !== undefined) return `pod ${name} is being deleted, cannot be assigned to a host`;
  const node = pod.spec?.nodeName ?? '';
  if (node !== '') return `pod ${name} is already assigned to node "${node}"`;
  if ((pod.spec?.schedulingGates ?? []).length > 0) return `pod ${name} has non-empty .spec.schedulingGates`;
  return undefined;
}

function bound(pod: DeepReadonly<Pod>, binding: DeepReadonly<Binding>, nowMs: number): DeepReadonly<Pod> {
  const { annotations, labels } = binding.metadata;
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  const others = status.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? [];
  const { generation } = pod.metadata;
  const scheduled: PodCondition = { type: 'PodScheduled', status: 'True', lastTransitionTime: rfc3339(nowMs), ...(generation === undefined ? {} : { observedGeneration: generation }) };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(annotations === undefined ? {} : { annotations: { ...pod.metadata.annotations, ...annotations } }),
      ...(labels === undefined ? {} : { labels: { ...pod.metadata.labels, ...labels } }),
    },
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: binding.target.name ?? '' },
    status: { ...status, conditions: [...others, scheduled] },
  };
}

async function bind({ world }: ApiServer, kind: Kind, operation: Operation, body: KubeObject): Promise<Result> {
  const { name = '', namespace, options } = operation;
  const binding = body as unknown as DeepReadonly<Binding>;
  if ((binding.metadata.name ?? name) !== name) throw ApiError.badRequest('name in URL does not match name in Binding object');
  const errors = bindingErrors(binding);
  if (errors.length > 0) throw new ApiError('InternalError', fieldErrorsText(errors));
  const collection = collectionOf(kind);
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const entry = world.store.head.get(collection, objectKey(namespace, name));
    if (entry === undefined) throw ApiError.notFound(kind, name);
    const pod = entry.value as unknown as DeepReadonly<Pod>;
    const why = refusal(pod, binding);
    if (why !== undefined) throw ApiError.conflict(bindings, name, why);
    if (options.dryRun === true) break;
    const value = bound(pod, binding, world.clock.now()) as unknown as JsonObject;
    const result = await world.store.commit([{ collection, name: entry.name, expected: entry.revision, value }]);
    if (result.ok) break;
    if (attempt === attemptsMax) throw ApiError.modified(bindings, name);
  }
  return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

export const podBinding: PostHandler = { on: 'pods/binding', handle: bind };
