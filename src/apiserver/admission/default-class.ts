/** Which class is taken where none is named: the one that is marked as default, of several the newest. */
import type { DeepReadonly } from '../../base/mod.ts';
import type { Kind, KubeObject } from '../../machinery/mod.ts';
import type { ObjectReader } from './admission.ts';

export function defaultClassOf<T extends KubeObject>(
  objects: ObjectReader,
  kind: Kind<T>,
  annotations: readonly string[],
): DeepReadonly<T> | undefined {
  const isDefault = ({ metadata }: DeepReadonly<KubeObject>): boolean =>
    annotations.some((annotation) => metadata?.annotations?.[annotation] === 'true');
  const createdAt = ({ metadata }: DeepReadonly<KubeObject>): string => metadata?.creationTimestamp ?? '';
  // They are listed by name: of those that are as new the first one stays.
  return objects
    .list(kind)
    .filter(isDefault)
    .reduce<DeepReadonly<T> | undefined>(
      (newest, one) => (newest === undefined || createdAt(one) > createdAt(newest) ? one : newest),
      undefined,
    );
}
