/**
 * Admission: what may still change or refuse a write after it was authorized. Plugins are values in one ordered list
 * (`chain.ts`); each sees the draft and the newest state, and refuses by throwing ApiError.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type { HookContext, Kind, KubeObject } from '../../machinery/mod.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly kind: Kind;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
  /** The new object in the stored version. `mutate` may change it; absent for a deletion. */
  readonly draft: KubeObject | undefined;
  readonly old: DeepReadonly<KubeObject> | undefined;
  readonly dryRun: boolean;
  readonly context: HookContext;
  /** The newest state of any kind. */
  readonly objects: ObjectReader;
}

export interface ObjectReader {
  get<T extends KubeObject>(kind: Kind<T>, key: string): DeepReadonly<T> | undefined;
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly DeepReadonly<T>[];
}

export interface AdmissionPlugin {
  /** Upstream's name, as `--enable-admission-plugins` takes it. */
  readonly name: string;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
