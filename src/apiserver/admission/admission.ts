/**
 * Admission: what may still change or refuse a write after it was authorized. Plugins are values in one ordered list
 * (`chain.ts`); each sees the draft and the newest state, and refuses by throwing ApiError.
 */
import type { Clock, DeepReadonly, JsonObject } from '../../base/mod.ts';
import type { Pod, PodSpec } from '../../api/mod.ts';
import type { Client } from '../../client/mod.ts';
import type { Change } from '../../store/mod.ts';
import type { Authorizer } from '../authz/authorizer.ts';
import type { WebhookTarget } from '../http/webhook.ts';
import type { Annotate, OperationOptions } from '../operation.ts';
import { ApiError, groupResource, type HookContext, type Kind, type KubeObject } from '../../machinery/mod.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly kind: Kind;
  /** The version in which the client asked. */
  readonly version: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string;
  /**
   * The new object in the stored version, or what is posted to a subresource. `mutate` may change it, or put another one in
   * its place; absent for a deletion.
   */
  draft: KubeObject | undefined;
  readonly old: DeepReadonly<KubeObject> | undefined;
  readonly options: OperationOptions;
  /** What a deletion was asked for with. */
  readonly deleteOptions?: JsonObject | undefined;
  readonly dryRun: boolean;
  readonly context: HookContext;
  /** Tells the audit log something of the request: `pod-security.kubernetes.io/enforce-policy`. */
  readonly annotate: Annotate;
  /** Tells the client something although the request may go on. */
  readonly warn: (text: string) => void;
  /**
   * Makes what has to be committed together with the object, from the newest state, whenever a commit is tried; throws
   * ApiError when the object may not be written after all.
   */
  alongside: (() => readonly Change[]) | undefined;
  /** Whether those are asked that change the object, or those that judge it. */
  phase: 'mutating' | 'validating';
  /** 1 while those that change objects are asked once more, because `reinvoke` was set in round 0. */
  round: 0 | 1;
  reinvoke: boolean;
  /** For what is worth a moment's wait. */
  readonly clock: Clock;
  /** The newest state of any kind. */
  readonly objects: ObjectReader;
  /** Everything that is served now. */
  readonly kinds: () => readonly Kind[];
  /** Who may do what. */
  readonly authorizers: readonly Authorizer[];
  /** Writes as the API server itself. */
  readonly self: () => Client;
}

export interface ObjectReader {
  get<T extends KubeObject>(kind: Kind<T>, key: string): DeepReadonly<T> | undefined;
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly DeepReadonly<T>[];
}

/** Makes the way to who is named in a kubeconfig. Throws HostError. */
export type Connect = (kubeConfigFile: string) => WebhookTarget;

export interface AdmissionPlugin {
  /** Upstream's name, as `--enable-admission-plugins` takes it. */
  readonly name: string;
  /** It runs only where it is asked for by name. */
  readonly off?: true;
  /** The resources that it concerns (`pods`, `ingresses.networking.k8s.io`); all unless said otherwise. */
  readonly on?: readonly string[];
  /** The plugin as its part of an AdmissionConfiguration makes it; throws HostError. */
  configured?(configuration: JsonObject, connect: Connect): AdmissionPlugin;
  /** It cannot run without a configuration; where there is none, it is told so by an empty one. */
  readonly mustBeConfigured?: true;
  mutate?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

/** Whether a plugin has anything to do with a resource. */
export function concerns({ on }: AdmissionPlugin, kind: Kind): boolean {
  return on === undefined || on.includes(groupResource(kind));
}

/** Whether the request writes a pod itself, in one of these ways. */
export function isOfPods(
  { operation, kind, subresource, draft }: AdmissionRequest,
  ...operations: readonly AdmissionRequest['operation'][]
): boolean {
  return (
    kind.plural === 'pods' &&
    kind.group === '' &&
    subresource === undefined &&
    draft !== undefined &&
    operations.includes(operation)
  );
}

/** What a pod that comes or changes is to be, and may be changed to; undefined for anything else. */
export function podSpecOf(
  request: AdmissionRequest,
  ...operations: readonly AdmissionRequest['operation'][]
): PodSpec | undefined {
  return isOfPods(request, ...operations) ? (request.draft as Pod).spec : undefined;
}

/**
 * A plugin's refusal. Who changes objects calls one whose name the server made up by the prefix that it was given: upstream
 * makes up names after that.
 */
export function forbidden({ kind, name, draft, phase }: AdmissionRequest, why: string): ApiError {
  const prefix = phase === 'mutating' ? (draft?.metadata?.generateName ?? '') : '';
  return ApiError.forbidden(kind, prefix !== '' && name.startsWith(prefix) ? prefix : name, why);
}
