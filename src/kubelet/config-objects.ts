/**
 * The ConfigMaps and Secrets that the pods of this node use. What always holds: a node asks only for objects that its pods
 * name (it may not see others), reads are as new as the API server, and a change wakes the pods that use the object.
 */
import type { DeepReadonly } from '../base/mod.ts';
import { configMaps, secrets, type ConfigMap, type Secret } from '../api/mod.ts';
import { isApiError, type KubeObject, type Resource } from '../machinery/mod.ts';
import { Informer } from '../client/mod.ts';
import type { ObjectReference } from './env.ts';
import type { KubeletWorld } from './world.ts';

interface Watched {
  readonly informer: Informer<KubeObject>;
  readonly subscription: Disposable;
  readonly pods: Set<string>;
}

export class ConfigObjects implements Disposable {
  readonly #world: Pick<KubeletWorld, 'client' | 'clock' | 'log'>;
  readonly #onChange: (podUid: string) => void;
  readonly #watched = new Map<string, Watched>();
  /** The resource version that the last read of an object gave: what a pod has already is no change. */
  readonly #read = new Map<string, string>();

  constructor(world: Pick<KubeletWorld, 'client' | 'clock' | 'log'>, onChange: (podUid: string) => void) {
    this.#world = world;
    this.#onChange = onChange;
  }

  configMap(namespace: string, name: string): Promise<DeepReadonly<ConfigMap> | undefined> {
    return this.#get('ConfigMap', configMaps, { namespace, name });
  }

  secret(namespace: string, name: string): Promise<DeepReadonly<Secret> | undefined> {
    return this.#get('Secret', secrets, { namespace, name });
  }

  async #get<T extends KubeObject>(
    kind: ObjectReference['kind'],
    resource: Resource<T>,
    at: { namespace: string; name: string },
  ): Promise<DeepReadonly<T> | undefined> {
    try {
      const object = await this.#world.client.get(resource, at);
      const key = `${kind}/${at.namespace}/${at.name}`;
      if (this.#watched.has(key)) this.#read.set(key, object.metadata?.resourceVersion ?? '');
      return object;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** From now on a change of any of these wakes the pod. */
  watch(podUid: string, namespace: string, references: readonly ObjectReference[]): void {
    for (const { kind, name } of references) {
      const key = `${kind}/${namespace}/${name}`;
      const watched = this.#watched.get(key) ?? this.#start(key, kind, namespace, name);
      watched.pods.add(podUid);
    }
  }

  forgetPod(podUid: string): void {
    for (const [key, watched] of this.#watched) {
      if (!watched.pods.delete(podUid) || watched.pods.size > 0) continue;
      watched.subscription[Symbol.dispose]();
      watched.informer[Symbol.dispose]();
      this.#watched.delete(key);
      this.#read.delete(key);
    }
  }

  [Symbol.dispose](): void {
    for (const { informer, subscription } of this.#watched.values()) {
      subscription[Symbol.dispose]();
      informer[Symbol.dispose]();
    }
    this.#watched.clear();
  }

  #start(key: string, kind: ObjectReference['kind'], namespace: string, name: string): Watched {
    const resource: Resource = kind === 'ConfigMap' ? configMaps : secrets;
    const informer = new Informer(this.#world, resource, { namespace, fieldSelector: `metadata.name=${name}` });
    const pods = new Set<string>();
    const subscription = informer.subscribe((changes) => {
      if (
        changes.every(({ object }) => object !== undefined && object.metadata?.resourceVersion === this.#read.get(key))
      )
        return;
      for (const uid of pods) this.#onChange(uid);
    });
    informer.start();
    const watched = { informer, subscription, pods };
    this.#watched.set(key, watched);
    return watched;
  }
}
