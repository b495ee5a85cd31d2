/**
 * Converts custom resources between the versions of their definition: by changing `apiVersion` alone, or by asking a webhook.
 * Always holds: of the metadata a webhook may only change labels and annotations, and what it answers is for what was asked.
 */
import { errorText, HostError, isJsonObject, uuid, type Json, type JsonObject, type Random } from '../../base/mod.ts';
import type { CustomResourceDefinition } from '../../api/mod.ts';
import {
  ApiError,
  field,
  fieldErrorsText,
  labelsErrors,
  parseApiVersion,
  type KubeObject,
} from '../../machinery/mod.ts';
import { annotationErrors } from '../object-meta.ts';
import type { WebhookAddress, WebhookCaller } from '../webhooks/caller.ts';

/** Objects of any version in one version, as many and in their order; throws or rejects with ApiError. */
export type Convert = (
  objects: readonly KubeObject[],
  apiVersion: string,
) => readonly KubeObject[] | Promise<readonly KubeObject[]>;

const timeoutMs = 30_000;
const reviewGroup = 'apiextensions.k8s.io';

export function converterOf({ spec }: CustomResourceDefinition, caller: WebhookCaller, random: Random): Convert {
  const { strategy, webhook } = spec.conversion ?? { strategy: 'None' };
  if (strategy !== 'Webhook' || webhook === undefined)
    return (objects, apiVersion) =>
      objects.map((object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }));
  const reviewVersion = webhook.conversionReviewVersions.find((version) => version === 'v1' || version === 'v1beta1');
  const asking = new ConversionWebhook(webhook.clientConfig ?? {}, reviewVersion, caller, random);
  return (objects, apiVersion) => asking.convert(objects, apiVersion);
}

class ConversionWebhook {
  readonly #address: WebhookAddress;
  readonly #reviewVersion: string | undefined;
  readonly #caller: WebhookCaller;
  readonly #random: Random;

  constructor(address: WebhookAddress, reviewVersion: string | undefined, caller: WebhookCaller, random: Random) {
    this.#address = address;
    this.#reviewVersion = reviewVersion;
    this.#caller = caller;
    this.#random = random;
  }

  convert(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] | Promise<readonly KubeObject[]> {
    const asked = objects.filter((object) => object.apiVersion !== apiVersion);
    return asked.length === 0 ? objects : this.#convert(objects, asked, apiVersion);
  }

  async #convert(
    objects: readonly KubeObject[],
    asked: readonly KubeObject[],
    apiVersion: string,
  ): Promise<readonly KubeObject[]> {
    const [first = {}] = asked;
    const subject = `conversion webhook for ${kindText(first)}`;
    const converted = await this.#ask(asked, apiVersion).catch((error: unknown) => {
      if (error instanceof HostError || error instanceof ApiError)
        throw refused(`${subject} failed: ${errorText(error)}`);
      throw error;
    });
    if (converted.length !== asked.length)
      throw refused(`${subject} returned ${converted.length} objects, expected ${asked.length}`);
    let next = 0;
    return objects.map((object) => {
      if (object.apiVersion === apiVersion) return object;
      const index = next++;
      return accepted(object, converted[index] ?? null, {
        apiVersion,
        object:
          asked.length === 1 ? `${subject} returned invalid object` : `${subject} returned invalid converted object`,
        at: ` at index ${index}`,
        metadata: `${subject} returned invalid metadata${asked.length === 1 ? '' : ` in object at index ${index}`}`,
        single: asked.length === 1,
      });
    });
  }

  async #ask(objects: readonly KubeObject[], desiredAPIVersion: string): Promise<readonly Json[]> {
    if (this.#reviewVersion === undefined) throw new HostError('Webhook', 'no supported conversion review versions');
    const uid = uuid(this.#random);
    const apiVersion = `${reviewGroup}/${this.#reviewVersion}`;
    const review = { kind: 'ConversionReview', apiVersion };
    const request = { uid, desiredAPIVersion, objects: objects as unknown as readonly JsonObject[] };
    const answer = await this.#caller.post(this.#address, { ...review, request }, timeoutMs);
    const strict = this.#reviewVersion === 'v1';
    if (strict && (answer['apiVersion'] !== apiVersion || answer['kind'] !== review.kind))
      throw new HostError('Webhook', `expected webhook response of ${kindText(review)}, got ${kindText(answer)}`);
    const { response } = answer;
    if (!isJsonObject(response)) throw new HostError('Webhook', 'no response provided');
    if (strict && response['uid'] !== uid)
      throw new HostError(
        'Webhook',
        `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
      );
    const result = isJsonObject(response['result']) ? response['result'] : {};
    const text = (name: string): string => (typeof result[name] === 'string' ? result[name] : '');
    if (text('status') !== 'Success')
      throw new HostError(
        'Webhook',
        text('message') === '' ? `response.result.status was '${text('status')}', not 'Success'` : text('message'),
      );
    return Array.isArray(response['convertedObjects']) ? (response['convertedObjects'] as readonly Json[]) : [];
  }
}

/** `example.com/v1, Kind=Widget`. */
function kindText({ apiVersion = '', kind = '' }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

/** An error without a reason, as Go's plain errors become. */
function refused(message: string): ApiError {
  return new ApiError('Unknown', message);
}

/** How the answer to one object is blamed. */
interface Blame {
  readonly apiVersion: string;
  readonly object: string;
  readonly at: string;
  readonly metadata: string;
  readonly single: boolean;
}

function accepted(original: KubeObject, converted: Json, blame: Blame): KubeObject {
  const { object, at, single } = blame;
  if (!isJsonObject(converted)) throw refused(`${object}${at}: the object is none`);
  const { apiVersion = '', kind = '' } = converted as KubeObject;
  if (apiVersion !== blame.apiVersion)
    throw refused(
      `${object}${at}: invalid groupVersion (expected ${blame.apiVersion}, received ${groupVersionText(apiVersion)})`,
    );
  if (kind !== original.kind)
    throw refused(`${object}${at}: invalid kind (expected ${original.kind ?? ''}, received ${kind})`);
  const before = original.metadata ?? {};
  const after = (isJsonObject(converted['metadata']) ? converted['metadata'] : {}) as NonNullable<
    KubeObject['metadata']
  >;
  for (const [name, text] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const)
    if ((before[name] ?? '') !== (after[name] ?? ''))
      throw refused(
        `${object}${single ? '' : at}: must have the same ${text}: ${before[name] ?? ''} != ${after[name] ?? ''}`,
      );
  return { ...converted, metadata: restored(original, converted, blame) };
}

function groupVersionText(apiVersion: string): string {
  const { group, version } = parseApiVersion(apiVersion);
  return group === '' ? version : apiVersion;
}

/** The metadata as it was, with the labels and annotations of the answer. */
function restored(original: KubeObject, converted: JsonObject, blame: Blame): NonNullable<KubeObject['metadata']> {
  const refuse = (why: string): ApiError => refused(`${blame.metadata}: ${why}`);
  const answered = converted['metadata'];
  if (answered === undefined) throw refuse('missing metadata in converted object');
  if (!isJsonObject(answered)) throw refuse(`invalid metadata of type ${goType(answered)} in converted object`);
  const { labels: _labels, annotations: _annotations, ...rest } = original.metadata ?? {};
  const metadata: NonNullable<KubeObject['metadata']> = { ...rest };
  for (const name of ['labels', 'annotations'] as const) {
    const value = answered[name];
    if (value === undefined || value === null) continue;
    if (!isJsonObject(value)) throw refuse(`invalid metadata.${name} of type ${goType(value)} in converted object`);
    for (const [key, text] of Object.entries(value))
      if (typeof text !== 'string')
        throw refuse(`metadata.${name}[${key}] must be a string, but is ${goType(text ?? null)} in converted object`);
    const texts = value as Record<string, string>;
    const errors =
      name === 'labels'
        ? labelsErrors(texts, field('metadata', 'labels'))
        : annotationErrors(texts, field('metadata', 'annotation'));
    if (errors.length > 0) throw refuse(fieldErrorsText(errors));
    metadata[name] = texts;
  }
  return metadata;
}

function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}
