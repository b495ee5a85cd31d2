/**
 * A request as webhooks and policies see it: what it is about by upstream's names, and its objects in the version that was
 * asked for. What they put in the object's place is decoded, pruned and filled with defaults like anything a client sends.
 */
import type { DeepReadonly, JsonObject } from '../../../base/mod.ts';
import {
  ApiError,
  apiVersionOf,
  isApiError,
  type GroupVersionKind,
  type Kind,
  type KubeObject,
  type ObjectMeta,
  type ScaleStrategy,
} from '../../../machinery/mod.ts';
import { versionOf } from '../../codec.ts';
import { versionsOf } from '../../managed-fields.ts';
import { carryMeta, generatedSuffixLength } from '../../object-meta.ts';
import type { FieldValidation } from '../../operation.ts';
import { scaleGvk, scaleOf, scaleSchema } from '../../scale.ts';
import type { WriteWorld } from '../../world.ts';
import type { AdmissionRequest } from '../admission.ts';

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** A resource and its kind, in one of the versions and groups in which the same thing is served. */
export interface Target {
  readonly resource: GroupVersionResource;
  readonly kind: GroupVersionKind;
  /** Whose hooks and schemas it has. */
  readonly served: Kind;
}

/** What the request carries: the object itself, a view of it, or something that is only posted. */
type Form =
  | { readonly type: 'whole' }
  | { readonly type: 'scale'; readonly scale: ScaleStrategy<KubeObject> }
  | { readonly type: 'posted'; readonly schema: string | undefined };

export class VersionedRequest {
  readonly request: AdmissionRequest;
  /** As it was asked. */
  readonly own: Target;
  readonly name: string;
  /** A namespace is in itself. */
  readonly namespace: string;
  readonly subresource: string;
  readonly isNamespace: boolean;
  readonly world: WriteWorld;
  /** As it is when this is made: both phases are asked about one request. */
  readonly #phase: AdmissionRequest['phase'];
  readonly #form: Form;
  readonly #isNameGenerated: boolean;
  #equivalents: readonly Target[] | undefined;
  /** The object that was converted last: many ask for the same one. */
  #shown: { readonly draft: KubeObject; readonly apiVersion: string; readonly object: JsonObject } | undefined;

  constructor(world: WriteWorld, request: AdmissionRequest) {
    const { kind, version, subresource = '', draft, phase } = request;
    this.world = world;
    this.request = request;
    this.subresource = subresource;
    this.#phase = phase;
    const { form, gvk } = formOf(request);
    this.#form = form;
    this.own = { resource: { group: kind.group, version, resource: kind.plural }, kind: gvk, served: kind };
    this.isNamespace = kind.group === '' && kind.plural === 'namespaces';
    this.#isNameGenerated = phase === 'mutating' && request.operation === 'CREATE' && isGenerated(request.name, draft);
    this.name = this.#isNameGenerated ? '' : request.name;
    this.namespace = this.isNamespace ? this.name : (request.namespace ?? '');
  }

  get isMutating(): boolean {
    return this.#phase === 'mutating';
  }

  /** In which other versions and groups the same resource is served. */
  get equivalents(): readonly Target[] {
    const { kind, subresource } = this.request;
    return (this.#equivalents ??= this.world
      .kinds()
      .filter(
        (other) =>
          kind.collection !== undefined &&
          other.collection === kind.collection &&
          (subresource === undefined || other.subresources[subresource] !== undefined),
      )
      .flatMap((other) =>
        other.versions
          .filter(({ version }) => other.group !== kind.group || version !== this.request.version)
          .map(({ version }) => ({
            resource: { group: other.group, version, resource: other.plural },
            kind: this.#form.type === 'whole' ? { group: other.group, version, kind: other.kind } : this.own.kind,
            served: other,
          })),
      ));
  }

  /** The labels of the new object; undefined when there is none. */
  labels(of: 'object' | 'oldObject'): Readonly<Record<string, string>> | undefined {
    const object = of === 'object' ? this.request.draft : this.request.old;
    if (object === undefined) return undefined;
    return this.#form.type === 'scale' ? {} : (object.metadata?.labels ?? {});
  }

  async object({ kind }: Target): Promise<JsonObject | undefined> {
    const { draft } = this.request;
    if (draft === undefined) return undefined;
    const apiVersion = apiVersionOf(kind.group, kind.version);
    const known = this.#shown;
    if (known?.draft === draft && known.apiVersion === apiVersion) return known.object;
    const object = await this.#inForm(this.#withoutLater(draft), apiVersion);
    // Plugins after this change the draft in place, and then it is another phase with another value of this class.
    this.#shown = { draft, apiVersion, object };
    return object;
  }

  async oldObject({ kind }: Target): Promise<JsonObject | undefined> {
    const { old } = this.request;
    return old === undefined ? undefined : this.#inForm(old, apiVersionOf(kind.group, kind.version));
  }

  /** Puts another object in the place of the draft. Throws ApiError InternalError for what is no such object. */
  async replace(target: Target, object: JsonObject, validation: FieldValidation = 'Ignore'): Promise<void> {
    const { request } = this;
    const { draft } = request;
    if (draft === undefined) return;
    const decoded = this.#decoded(target, object, validation);
    if (this.#form.type === 'posted') {
      request.draft = decoded;
      return;
    }
    if (this.#form.type === 'scale') {
      const changed = structuredClone(draft);
      this.#form.scale.setReplicas(changed, (decoded as { spec?: { replicas?: number } }).spec?.replicas ?? 0);
      request.draft = changed;
      return;
    }
    const { kind } = request;
    const stored = (
      decoded.apiVersion === draft.apiVersion
        ? decoded
        : await versionsOf(this.world, kind).convert(decoded as JsonObject, draft.apiVersion ?? kind.storedAs)
    ) as KubeObject;
    this.#restoreMeta(stored, draft);
    kind.strategy.defaults?.(stored);
    request.draft = stored;
  }

  async #inForm(object: DeepReadonly<KubeObject>, apiVersion: string): Promise<JsonObject> {
    const form = this.#form;
    if (form.type === 'scale') return scaleOf(form.scale, object);
    if (form.type === 'posted' || object.apiVersion === apiVersion) return object as JsonObject;
    return versionsOf(this.world, this.request.kind).convert(object as JsonObject, apiVersion);
  }

  #decoded({ kind: gvk, served }: Target, body: JsonObject, validation: FieldValidation): KubeObject {
    const form = this.#form;
    const whole = form.type === 'whole' ? versionOf(served, gvk.version) : undefined;
    const schema = form.type === 'scale' ? scaleSchema : form.type === 'posted' ? form.schema : whole?.schema;
    if (schema === undefined) return body;
    try {
      return this.world.codec.decode({
        gvk,
        schema,
        decoder: whole?.decoder,
        body,
        validation,
        refuse: (why) => ApiError.internal(why),
      });
    } catch (error) {
      if (isApiError(error, 'BadRequest', 'Invalid')) throw ApiError.internal(error.message, error);
      throw error;
    }
  }

  /** Without what upstream's server sets later: admission that changes objects comes first there. */
  #withoutLater(draft: KubeObject): KubeObject {
    if (this.request.operation !== 'CREATE' || this.#form.type === 'posted' || draft.metadata === undefined)
      return draft;
    const { resourceVersion, ...metadata } = draft.metadata;
    if (this.#phase === 'validating') return resourceVersion === '' ? { ...draft, metadata } : draft;
    const { uid: _uid, creationTimestamp: _created, name, ...sent } = metadata;
    const named = this.#isNameGenerated || name === undefined ? sent : { name, ...sent };
    return { ...draft, metadata: named };
  }

  #restoreMeta(object: KubeObject, draft: KubeObject): void {
    const { metadata: before = {} } = draft;
    const sent: ObjectMeta = (object.metadata ??= {});
    if (this.request.operation !== 'CREATE') {
      carryMeta(object, draft).resourceVersion = before.resourceVersion ?? '';
      return;
    }
    const { name, generateName, namespace, uid: _uid, resourceVersion: _rv, creationTimestamp: _ct, ...rest } = sent;
    const wanted = (name ?? '') === '' && this.#isNameGenerated ? before.name : name;
    const space = (namespace ?? '') === '' ? before.namespace : namespace;
    if (space !== before.namespace)
      throw ApiError.badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    object.metadata = {
      ...(wanted === undefined ? {} : { name: wanted }),
      ...(generateName === undefined ? {} : { generateName }),
      ...(space === undefined ? {} : { namespace: space }),
      uid: before.uid ?? '',
      resourceVersion: before.resourceVersion ?? '',
      creationTimestamp: before.creationTimestamp ?? null,
      ...rest,
    };
  }
}

function formOf({ kind, version, subresource, draft }: AdmissionRequest): {
  readonly form: Form;
  readonly gvk: GroupVersionKind;
} {
  const part = subresource === undefined ? undefined : kind.subresources[subresource];
  switch (part?.type) {
    case 'create': {
      const { input, gvk } =
        part.alsoTaken?.find((other) => apiVersionOf(other.gvk.group, other.gvk.version) === draft?.apiVersion) ?? part;
      return { form: { type: 'posted', schema: input }, gvk };
    }
    case 'connect': {
      const { optionsKind = kind.kind } = part;
      const schema = draft === undefined ? undefined : `io.k8s.api.core.v1.${optionsKind}`;
      return { form: { type: 'posted', schema }, gvk: { group: '', version: 'v1', kind: optionsKind } };
    }
    case 'scale':
      return { form: { type: 'scale', scale: part.scale }, gvk: scaleGvk };
    case 'part':
    case undefined:
      return { form: { type: 'whole' }, gvk: { group: kind.group, version, kind: kind.kind } };
  }
}

/** Whether the server made the name up: it is told by its form, which a client has no reason to imitate. */
function isGenerated(name: string, draft: KubeObject | undefined): boolean {
  const prefix = draft?.metadata?.generateName ?? '';
  const kept = prefix.slice(0, name.length - generatedSuffixLength);
  return prefix !== '' && kept !== '' && name.startsWith(kept) && name.length - kept.length === generatedSuffixLength;
}
