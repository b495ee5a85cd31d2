/**
 * Which pods belong together without saying so: those that the same services select and the same controller made. An index
 * answers, so that the cost is that of the services that may select the pod.
 */
import { replicaSets, services, type ReplicaSet, type Service } from '../api/mod.ts';
import type { Informer, InformerCache } from '../client/mod.ts';
import {
  controllerOf,
  labelSelectorFromSpec,
  LabelSelector,
  labelSelectorFromSet,
  objectKey,
  type LabelRequirement,
} from '../machinery/mod.ts';
import type { PodInfo } from './pod-info.ts';

const byLabel = 'scheduler.selector-label';

function labelKey(namespace: string | undefined, key: string, value: string): string {
  return `${namespace ?? ''}/${key}=${value}`;
}

export class Peers {
  readonly #services: Informer<Service>;
  readonly #replicaSets: Informer<ReplicaSet>;

  constructor(cache: InformerCache) {
    this.#services = cache.informer(services);
    this.#replicaSets = cache.informer(replicaSets);
    // What a service selects has all of its labels, so any one of them finds it.
    this.#services.addIndex(byLabel, ({ metadata, spec }) => {
      const [first] = Object.entries(spec?.selector ?? {});
      return first === undefined ? [] : [labelKey(metadata.namespace, ...first)];
    });
  }

  async synced(): Promise<void> {
    await Promise.all([this.#services.reached(0), this.#replicaSets.reached(0)]);
  }

  /** Undefined when nobody claims the pod. */
  of({ pod, namespace, labels }: PodInfo): LabelSelector | undefined {
    const requirements: LabelRequirement[] = [];
    for (const [key, value] of Object.entries(labels)) {
      for (const { spec } of this.#services.index(byLabel, labelKey(namespace, key, value))) {
        const selector = labelSelectorFromSet(spec?.selector);
        if (selector.matches(labels)) requirements.push(...selector.requirements);
      }
    }
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') {
      const replicaSet = this.#replicaSets.get(objectKey(namespace, owner.name));
      if (replicaSet?.metadata.uid === owner.uid)
        requirements.push(...labelSelectorFromSpec(replicaSet?.spec?.selector).requirements);
    }
    return requirements.length === 0 ? undefined : new LabelSelector(requirements);
  }
}
