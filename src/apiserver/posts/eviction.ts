/** pods/eviction: a deletion that says why, so that the pod's owner and its readers know that it was moved away. */
import { pods, type Eviction, type Pod } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { ApiError, objectKey } from '../../machinery/mod.ts';
import { remove } from '../delete.ts';
import type { Operation } from '../operation.ts';
import type { ApiServer } from '../server.ts';
import { answer, type PostHandler } from '../subresources.ts';

const attemptsMax = 64;

export const eviction: PostHandler = {
  on: 'pods/eviction',
  async handle(server, kind, operation, body) {
    const { metadata, deleteOptions } = body as Eviction;
    const { name = '' } = operation;
    if (metadata?.name !== name) throw ApiError.badRequest('name in URL does not match name in Eviction object');
    await server.world.admission.validate(
      server.world.admissionRequest(kind, operation, { operation: 'CREATE', name, draft: body, old: undefined }),
    );
    const dryRun = operation.options.dryRun === true || (deleteOptions?.dryRun ?? []).includes('All');
    if (!dryRun && deleteOptions?.preconditions?.resourceVersion === undefined)
      await announce(server, operation, deleteOptions?.preconditions?.uid);
    const { subresource: _, ...target } = operation;
    await remove(server.world, kind, { ...target, verb: 'delete', body: deleteOptions });
    return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  },
};

/** Sets the condition DisruptionTarget on a pod that may still run. */
async function announce(
  { world }: ApiServer,
  { namespace, name = '' }: Operation,
  uid: string | undefined,
): Promise<void> {
  const collection = pods.collection ?? '';
  const key = objectKey(namespace, name);
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const entry = world.store.head.get(collection, key);
    const pod = entry?.value as unknown as DeepReadonly<Pod> | undefined;
    if (entry === undefined || pod === undefined) throw ApiError.notFound(pods, name);
    const { metadata, status = {} } = pod;
    const over = status.phase === 'Succeeded' || status.phase === 'Failed' || metadata.deletionTimestamp !== undefined;
    if (over || (uid !== undefined && uid !== metadata.uid)) return;
    const others = (status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
    const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastTransitionTime: rfc3339(world.clock.now()),
      ...generation,
    };
    const value = { ...pod, status: { ...status, conditions: [...others, condition] } } as unknown as JsonObject;
    const result = await world.store.commit([{ collection, name: key, expected: entry.revision, value }]);
    if (result.ok) return;
  }
  throw ApiError.modified(pods, name);
}
