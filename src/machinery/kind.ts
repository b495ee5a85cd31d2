/**
 * A kind is data plus hooks. One file under `api/` defines each built-in kind, a CustomResourceDefinition makes one at run
 * time, and the engine in `apiserver/` serves them all alike: verbs, patches, watches, tables, discovery, OpenAPI.
 *
 * Hooks are pure. A hook that prepares an object gets a draft that nobody else holds and may change it; everything else
 * that it sees is shared and immutable.
 */
import type { DeepReadonly, Json, JsonObject, Random } from '../base/mod.ts';
import type { Decoder } from './decode.ts';
import type { MergeType } from './apply/merge-type.ts';
import type { FieldError } from './field-error.ts';
import { apiVersionOf, type KubeObject, type Resource } from './meta.ts';
import type { NameValidation } from './names.ts';

/** What hooks may know of the world. */
export interface HookContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly random: Random;
  readonly user: UserInfo;
  readonly namespace: string | undefined;
  /** Whether an entry exists in the newest state, for allocators: collection and name as in `Claim`. */
  exists(collection: string, name: string): boolean;
  /** The objects of a collection in the newest state, in the order of their names. */
  list(collection: string): readonly JsonObject[];
  readonly config: ClusterConfig;
  /** Why a signature is not that of the key that it is said to be of, in Go's words; undefined when it is. */
  readonly signatureProblem: (signed: SignedData) => string | undefined;
}

/** What X.509 says of something signed, as it stands there, in DER; the signature is the bits themselves. */
export interface SignedData {
  readonly data: Uint8Array;
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The salt of RSASSA-PSS may have any length, not only that of the hash. */
  readonly anySalt?: true;
}

/** Settings of the cluster that defaults and allocators depend on. */
export interface ClusterConfig {
  /** CIDR that ClusterIPs come from as long as no ServiceCIDR adds to it, e.g. `10.96.0.0/16`. */
  readonly serviceCidr: string;
  readonly nodePortRange: { readonly first: number; readonly last: number };
  readonly clusterDomain: string;
  /** Whether pods may name a group that they are in: groups are served only where they are asked for. */
  readonly podGroups?: boolean;
}

export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Something of which an object holds the only one: a cluster IP, a node port. It is an entry of its own in the store, written
 * in the same transaction as the object, so two objects never hold the same.
 */
export interface Claim {
  readonly collection: string;
  readonly name: string;
  readonly value: JsonObject;
  /** The field to blame when somebody else holds it, its value, and upstream's text for that. */
  readonly field: string;
  readonly badValue: unknown;
  readonly taken: string;
}

/** A column of `kubectl get`. `cell` gets the object in the version that the column belongs to. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority?: number;
  cell(object: DeepReadonly<T>, now: number): Json;
}

/** Scale as a view of an object that has replicas. */
export interface ScaleStrategy<T> {
  replicas(object: DeepReadonly<T>): {
    readonly spec: number;
    readonly status: number;
    /** A selector in its string form. */ readonly selector: string;
  };
  setReplicas(draft: T, replicas: number): void;
  /** Where a version has the replicas, if it has any; always `spec.replicas` when this is not said. */
  replicasPath?(version: string): readonly string[] | undefined;
}

/** What is posted: the OpenAPI name of its definition, and what it is called. */
export interface SubresourceInput {
  readonly input: string;
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
}

/** How Scale looks where it is not that of `autoscaling/v1`. */
export interface ScaleForm {
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  readonly schema: string;
  /** Its status; the selector is in its string form. */
  status(replicas: number, selector: string): JsonObject;
}

/**
 * A subresource.
 * - `status`, `scale` and other views are read, updated and patched as part of the object.
 * - `create` takes a POST of another kind and is carried out by the API server (binding, eviction, token).
 * - `connect` is a stream or a proxied request carried out by the API server (log, exec, attach, portforward, proxy).
 */
export type Subresource<T> =
  | {
      readonly type: 'part';
      readonly strategy: UpdateStrategy<T>;
      /** It writes into the status, as `status` itself does: the approval of a request. */
      readonly writesStatus?: true;
      /** All three unless said otherwise. */
      readonly verbs?: readonly string[];
      /** No Table is made of what it answers. */
      readonly rows?: false;
    }
  | {
      readonly type: 'scale';
      readonly scale: ScaleStrategy<T>;
      readonly form?: ScaleForm;
      /** Those of a Table of a Scale, where they are not those that built-in kinds have. */
      readonly columns?: readonly Column<KubeObject>[];
    }
  | (SubresourceInput & {
      readonly type: 'create';
      /** Other versions of the input that are taken for it. */
      readonly alsoTaken?: readonly SubresourceInput[];
    })
  | { readonly type: 'connect'; readonly methods: readonly string[]; readonly optionsKind?: string };

export interface UpdateStrategy<T> {
  /**
   * Carries over what this way of writing must not change (the status on a normal update; all but the status on a status
   * update) and does what follows from a change.
   */
  prepareForUpdate?(draft: T, old: DeepReadonly<T>, context: HookContext): void;
  validateUpdate?(object: DeepReadonly<T>, old: DeepReadonly<T>, context: HookContext): FieldError[];
  /** What the client is told although nothing is refused; `old` is there when the object is changed. */
  warnings?(object: DeepReadonly<T>, old?: DeepReadonly<T>): string[];
}

export interface Strategy<T> extends UpdateStrategy<T> {
  /** Fills in what the client left out. Runs on everything that is written; must be idempotent. */
  defaults?(draft: T): void;
  /** Clears what a client must not set (the status) and allocates. */
  prepareForCreate?(draft: T, context: HookContext): void;
  validate?(object: DeepReadonly<T>, context: HookContext): FieldError[];
  /** Which names are allowed; a DNS subdomain unless said otherwise. */
  readonly validateName?: NameValidation;
  /** Finalizers may be any qualified names, also such as name no domain. */
  readonly plainFinalizers?: boolean;
  /** Bumps `metadata.generation` when the spec (everything but metadata and status) changes. */
  readonly generation?: boolean;
  /** PUT of what does not exist creates it. */
  readonly createOnUpdate?: boolean;
  /** Whether an update without resourceVersion is accepted (true unless said otherwise). */
  readonly unconditionalUpdate?: boolean;
  /** The grace period of a deletion in seconds; undefined: the object goes at once. */
  gracePeriodSeconds?(object: DeepReadonly<T>, requested: number | undefined): number | undefined;
  /**
   * Changes the object when its deletion begins and it stays for a while. Only the draft and its metadata are copies: what
   * lies in them is replaced, not changed.
   */
  prepareForDelete?(draft: T, context: HookContext): void;
  /** Something other than finalizers keeps a deleted object: a namespace with `spec.finalizers`. */
  holdsDeletion?(object: DeepReadonly<T>): boolean;
  /** What it owns stays behind unless the deletion says otherwise: kinds that are older than garbage collection. */
  readonly orphansDependents?: boolean;
  /** A deletion answers with the object that is gone instead of a Status. */
  readonly returnsDeleted?: boolean;
  claims?(object: DeepReadonly<T>): readonly Claim[];
  /** How long objects live, in milliseconds; undefined: until they are deleted. */
  ttlMs?(object: DeepReadonly<T>): number | undefined;
}

export interface KindVersion {
  readonly version: string;
  /** The OpenAPI name of the definition in the facts; for a custom resource the name that OpenAPI gives it. */
  readonly schema: string;
  /**
   * How JSON becomes an object of this version, where the facts do not say it: a custom resource's decoder prunes, names
   * unknown fields and fills in the defaults of its structural schema. Its result belongs to the caller.
   */
  readonly decoder?: Decoder;
  /** How objects of this version merge in server-side apply, where the facts do not say it. */
  readonly mergeType?: MergeType;
  /** The JSON schema to publish in OpenAPI, where the facts do not say it. */
  readonly openapi?: JsonObject;
  /** The same as version 2 of OpenAPI tells it, where that is not what follows. */
  readonly openapiV2?: JsonObject;
  /** Conversions from and to the storage version; absent where only `apiVersion` differs. Must not mutate. */
  readonly toStorage?: (object: JsonObject) => JsonObject;
  readonly fromStorage?: (object: JsonObject) => JsonObject;
  /** Sent as a Warning header with every request for this version. */
  readonly deprecated?: string;
}

/**
 * How objects are kept that are not simply kept as the hooks see them. Each version of a custom resource is a kind of its own
 * (schema, columns and hooks are its own) over one collection, whose entries may be in any version, and from before a change
 * of the schema.
 */
export interface StoredForm {
  /** Whether a stored object, written at that revision, already is as this kind shows it. Asked for every object that is read. */
  isShown(stored: DeepReadonly<KubeObject>, written: number): boolean;
  /**
   * Stored objects as this kind shows them (converted, pruned, with defaults), as many and in their order; a promise where a
   * webhook converts. Throws or rejects with ApiError.
   */
  show(stored: readonly DeepReadonly<KubeObject>[]): readonly KubeObject[] | Promise<readonly KubeObject[]>;
  /** An object of this kind as it is to be stored. Must not mutate. */
  keep(object: KubeObject): KubeObject | Promise<KubeObject>;
  /** Whether a stored object is out of date (in an older version), so that even a write without a change replaces it. */
  isStale(stored: DeepReadonly<KubeObject>): boolean;
}

/** What a table of a kind has besides columns. */
export interface TableRows<T> {
  /** What is to be known of an object without reading its cells. */
  conditions?(object: DeepReadonly<T>): readonly JsonObject[];
  /** The order of a list's rows, where it is not that of the list. */
  compare?(a: DeepReadonly<T>, b: DeepReadonly<T>): number;
}

export interface Kind<T extends KubeObject = KubeObject> extends Resource<T> {
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** All served versions, the preferred one first. `version` of the kind itself is the one that is stored. */
  readonly versions: readonly KindVersion[];
  /**
   * The apiVersion of what is stored; that of the kind itself unless it shares its collection with a kind of another group
   * (events). Then its only version converts, and every hook sees the stored form.
   */
  readonly storedAs: string;
  readonly storedForm?: StoredForm;
  /** Where objects are kept, in upstream's layout. Undefined: nothing is kept, the API server answers (reviews). */
  readonly collection: string | undefined;
  readonly verbs: readonly string[];
  /** Whether it is about to be served no more: then nobody is told that objects could be made or changed. */
  readonly isEnding?: () => boolean;
  readonly strategy: Strategy<T>;
  readonly subresources: Readonly<Record<string, Subresource<T>>>;
  readonly columns: readonly Column<T>[];
  readonly table?: TableRows<T>;
  /** Fields besides metadata.name and metadata.namespace that a field selector may name, with their values as strings. */
  readonly selectable: Readonly<Record<string, (object: DeepReadonly<T>) => string>>;
}

type Optional =
  | 'listKind'
  | 'singular'
  | 'shortNames'
  | 'categories'
  | 'versions'
  | 'storedAs'
  | 'collection'
  | 'verbs'
  | 'strategy'
  | 'subresources'
  | 'columns'
  | 'selectable';
/** What a kind must say; the rest follows from it. `schema` names the definition of the storage version. */
export type KindDefinition<T extends KubeObject> = Omit<Kind<T>, Optional> &
  Partial<Pick<Kind<T>, Optional>> & { readonly schema: string };

const storedVerbs: readonly string[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export function defineKind<T extends KubeObject>(definition: KindDefinition<T>): Kind<T> {
  const { schema, ...given } = definition;
  return {
    listKind: `${given.kind}List`,
    singular: given.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    versions: [{ version: given.version, schema }],
    storedAs: apiVersionOf(given.group, given.version),
    collection: `/registry/${given.plural}/`,
    verbs: storedVerbs,
    strategy: {},
    subresources: {},
    columns: nameAndAge<T>(),
    selectable: {},
    ...given,
  };
}

/** The columns of a kind that has none of its own. */
function nameAndAge<T extends KubeObject>(): Column<T>[] {
  return [nameColumn<T>(), ageColumn<T>()];
}

export function nameColumn<T extends KubeObject>(): Column<T> {
  const description =
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
  return { name: 'Name', type: 'string', format: 'name', description, cell: (object) => object.metadata?.name ?? '' };
}

export function ageColumn<T extends KubeObject>(): Column<T> {
  const description =
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';
  return {
    name: 'Age',
    type: 'string',
    description,
    cell: (object, now) => age(object.metadata?.creationTimestamp, now),
  };
}

/** How long ago, as kubectl prints it: `5s`, `3m12s`, `4h`, `12d`. */
export function age(timestamp: string | null | undefined, now: number): string {
  if (timestamp === undefined || timestamp === null) return '<unknown>';
  return humanDuration(now - Date.parse(timestamp));
}

/** A duration in at most two units, the finer one only while it matters, as upstream's HumanDuration. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

function two(coarse: number, coarseUnit: string, fine: number, fineUnit: string): string {
  return fine === 0 ? `${coarse}${coarseUnit}` : `${coarse}${coarseUnit}${fine}${fineUnit}`;
}
