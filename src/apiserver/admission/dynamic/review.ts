/** AdmissionReview: the question to a webhook, and what may pass for its answer. */
import { HostError, isJsonObject, type Json, type JsonObject } from '../../../base/mod.ts';
import { JsonSyntaxError, parseJson, type GroupVersionKind } from '../../../machinery/mod.ts';
import type { Target, VersionedRequest } from './versioned-request.ts';

export const jsonPatchType = 'JSONPatch';
const reviewGroup = 'admission.k8s.io';

/** What a request is, in the fields that webhooks and expressions have in common, in upstream's order. */
export function describe(versioned: VersionedRequest, target: Target): JsonObject {
  const { request, own, subresource, name, namespace } = versioned;
  const { user } = request.context;
  return {
    kind: kindOf(target.kind),
    resource: { ...target.resource },
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(own.kind),
    requestResource: { ...own.resource },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation: request.operation,
    userInfo: {
      username: user.username,
      ...((user.uid ?? '') === '' ? {} : { uid: user.uid }),
      ...(user.groups.length === 0 ? {} : { groups: user.groups }),
      ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
    },
    dryRun: request.dryRun,
    options: optionsOf(versioned),
  };
}

function kindOf({ group, version, kind }: GroupVersionKind): JsonObject {
  return { group, version, kind };
}

const optionKinds = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const;

/** A patch is a creation or an update here, and has the options of one. */
function optionsOf({ request }: VersionedRequest): JsonObject | null {
  const { operation, options, deleteOptions, dryRun } = request;
  if (operation === 'CONNECT') return null;
  const gvk = { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1' };
  const dry = dryRun ? { dryRun: ['All'] } : {};
  if (operation === 'DELETE') return { ...deleteOptions, ...gvk, ...dry };
  const { fieldManager = '', fieldValidation } = options;
  return {
    ...gvk,
    ...dry,
    ...(fieldManager === '' ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
  };
}

/** The review in the first version that the webhook names and that is known here; undefined: there is none. */
export async function reviewFor(
  versioned: VersionedRequest,
  target: Target,
  versions: readonly string[],
  uid: string,
): Promise<(JsonObject & { readonly apiVersion: string }) | undefined> {
  const version = versions.find((one) => one === 'v1' || one === 'v1beta1');
  if (version === undefined) return undefined;
  const { dryRun, options = null, ...described } = describe(versioned, target);
  return {
    kind: 'AdmissionReview',
    apiVersion: `${reviewGroup}/${version}`,
    request: {
      uid,
      ...described,
      object: (await versioned.object(target)) ?? null,
      oldObject: (await versioned.oldObject(target)) ?? null,
      dryRun,
      options,
    },
  };
}

export interface Verdict {
  readonly allowed: boolean;
  /** A Status, as the webhook sent it. */
  readonly result: JsonObject | undefined;
  readonly patch: readonly Json[];
  readonly patchType: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** A webhook answered, but not what it was asked. */
export class InvalidAnswer extends HostError {
  constructor(message: string) {
    super('Webhook', message);
  }
}

/** Throws InvalidAnswer. `response` is decoded already. */
export function verdictOf(
  answer: JsonObject,
  { uid, apiVersion, mutating }: { readonly uid: string; readonly apiVersion: string; readonly mutating: boolean },
): Verdict {
  const { response } = answer;
  if (!isJsonObject(response)) throw new InvalidAnswer('webhook response was absent');
  const isV1 = apiVersion === `${reviewGroup}/v1`;
  const answeredUid = textIn(response, 'uid') ?? '';
  if (isV1 && answeredUid !== uid)
    throw new InvalidAnswer(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(answeredUid)}`);
  checkType(answer, apiVersion, isV1);
  // In the older version a patch was always taken for a JSON patch, and nobody minded one that was not asked for.
  if (isV1) checkPatchFields(response, mutating);
  const { status, auditAnnotations, warnings } = response as Readonly<Record<string, unknown>>;
  return {
    allowed: response['allowed'] === true,
    result: isJsonObject(status) ? status : undefined,
    patch: mutating ? patchIn(response) : [],
    patchType: isV1 ? (textIn(response, 'patchType') ?? jsonPatchType) : jsonPatchType,
    auditAnnotations: isJsonObject(auditAnnotations) ? (auditAnnotations as Record<string, string>) : {},
    warnings: Array.isArray(warnings) ? (warnings as string[]) : [],
  };
}

/** The older version may leave out what it is. */
function checkType(answer: JsonObject, expected: string, isV1: boolean): void {
  const apiVersion = textIn(answer, 'apiVersion') ?? '';
  const kind = textIn(answer, 'kind') ?? '';
  if (apiVersion === expected && kind === 'AdmissionReview') return;
  if (!isV1 && apiVersion === '' && kind === '') return;
  const shown = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  throw new InvalidAnswer(`expected webhook response of ${expected}, Kind=AdmissionReview, got ${shown}, Kind=${kind}`);
}

function checkPatchFields(response: JsonObject, mutating: boolean): void {
  const hasPatch = (textIn(response, 'patch') ?? '') !== '';
  const type = textIn(response, 'patchType');
  if (!mutating) {
    if (hasPatch) throw new InvalidAnswer('validating webhook may not return response.patch');
    if (type !== undefined) throw new InvalidAnswer('validating webhook may not return response.patchType');
    return;
  }
  if (hasPatch && type === undefined)
    throw new InvalidAnswer('webhook returned response.patch but not response.patchType');
  if (!hasPatch && type !== undefined)
    throw new InvalidAnswer('webhook returned response.patchType but not response.patch');
  if (type === '') throw new InvalidAnswer('webhook returned invalid response.patchType of ""');
}

/** The operations of the patch. Throws InvalidAnswer. */
function patchIn(response: JsonObject): readonly Json[] {
  const base64 = textIn(response, 'patch') ?? '';
  if (base64 === '') return [];
  try {
    const patch = parseJson(Uint8Array.fromBase64(base64));
    if (Array.isArray(patch)) return patch as readonly Json[];
    if (patch === null) return [];
    throw new UndecodablePatch('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof SyntaxError) throw new UndecodablePatch(error.message);
    throw error;
  }
}

/** What should be a patch is none. */
export class UndecodablePatch extends InvalidAnswer {}

function textIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' ? value : undefined;
}
