/** ImagePolicyWebhook: somebody outside says which images may run. What they said is good for a while. */
import type { Pod } from '../../api/mod.ts';
import { errorText, HostError, isJsonObject, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { durationText, isApiError } from '../../machinery/mod.ts';
import { Webhook, type WebhookTarget } from '../http/webhook.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import { RecentlyUsed } from './recently-used.ts';

interface Settings {
  readonly kubeConfigFile: string;
  readonly allowMs: number;
  readonly denyMs: number;
  readonly pauseMs: number;
  readonly defaultAllow: boolean;
}

interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
  readonly auditAnnotations: Readonly<Record<string, string>>;
  readonly untilMs: number;
}

const verdictsMax = 1024;
const timeoutMs = 30_000;
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/';
const minuteMs = 60_000;

const unconfigured: AdmissionPlugin = {
  name: 'ImagePolicyWebhook',
  off: true,
  on: ['pods'],
  mustBeConfigured: true,
  configured: (configuration, connect) => {
    const settings = settingsOf(configuration);
    const reviewer = new Reviewer(settings, connect(settings.kubeConfigFile));
    return { ...unconfigured, validate: (request) => reviewer.validate(request) };
  },
};

export const imagePolicyWebhook = unconfigured;

class Reviewer {
  readonly #settings: Settings;
  readonly #target: WebhookTarget;
  /** By what was asked. */
  readonly #verdicts = new RecentlyUsed<Verdict>(verdictsMax);

  constructor(settings: Settings, target: WebhookTarget) {
    this.#settings = settings;
    this.#target = target;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const { operation, draft, annotate } = request;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || draft === undefined) return;
    const images = imagesOf(draft as Pod, request.subresource);
    if (images === undefined) return;
    const verdict = await this.#verdictOn(request, specOf(request, draft as Pod, images));
    if (verdict === undefined) return;
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) annotate(auditPrefix + key, value);
    if (verdict.allowed) return;
    throw forbidden(
      request,
      verdict.reason === ''
        ? 'one or more images rejected by webhook backend'
        : `image policy webhook backend denied one or more images: ${verdict.reason}`,
    );
  }

  /** Undefined: nobody could say, and then the images may run. Rejects with ApiError where they may not. */
  async #verdictOn(request: AdmissionRequest, spec: JsonObject): Promise<Verdict | undefined> {
    const { clock, annotate } = request;
    const key = JSON.stringify(spec);
    const kept = this.#verdicts.get(key);
    if (kept !== undefined && clock.monotonic() < kept.untilMs) return kept;
    try {
      const verdict = await this.#ask(request, spec);
      this.#verdicts.set(key, verdict);
      return verdict;
    } catch (error) {
      if (!(error instanceof HostError || isApiError(error))) throw error;
      // What the other side says of itself is passed on as it is.
      if (!this.#settings.defaultAllow) throw isApiError(error) ? error : forbidden(request, errorText(error));
      annotate(`${auditPrefix}failed-open`, 'true');
      const metadata = (request.draft as Pod).metadata;
      metadata.annotations = { ...metadata.annotations, 'alpha.image-policy.k8s.io/failed-open': 'true' };
      return undefined;
    }
  }

  async #ask({ clock, context }: AdmissionRequest, spec: JsonObject): Promise<Verdict> {
    const { pauseMs, allowMs, denyMs } = this.#settings;
    const webhook = new Webhook({ ...this.#target, clock, random: context.random, timeoutMs, pauseMs });
    const { status } = await webhook.post({
      kind: 'ImageReview',
      apiVersion: 'imagepolicy.k8s.io/v1alpha1',
      metadata: {},
      spec,
      status: { allowed: false },
    });
    const said = isJsonObject(status) ? status : {};
    const allowed = said['allowed'] === true;
    return {
      allowed,
      reason: typeof said['reason'] === 'string' ? said['reason'] : '',
      auditAnnotations: (said['auditAnnotations'] ?? {}) as Readonly<Record<string, string>>,
      untilMs: clock.monotonic() + (allowed ? allowMs : denyMs),
    };
  }
}

/** Undefined where the request brings no images. */
function imagesOf({ spec }: DeepReadonly<Pod>, subresource: string | undefined): readonly string[] | undefined {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = spec ?? {};
  const list = (all: readonly { readonly image?: string }[]): string[] => all.map(({ image = '' }) => image);
  if (subresource === undefined) return list([...containers, ...initContainers]);
  return subresource === 'ephemeralcontainers' ? list(ephemeralContainers) : undefined;
}

function specOf(
  { namespace = '' }: AdmissionRequest,
  { metadata }: DeepReadonly<Pod>,
  images: readonly string[],
): JsonObject {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.includes('.image-policy.k8s.io/'),
  );
  return {
    ...(images.length === 0 ? {} : { containers: images.map((image) => (image === '' ? {} : { image })) }),
    ...(annotations.length === 0
      ? {}
      : { annotations: Object.fromEntries(annotations.sort(([a], [b]) => (a < b ? -1 : 1))) }),
    namespace,
  };
}

/** `imagePolicy`, beside its `apiVersion` and `kind` or without. Throws HostError. */
function settingsOf(configuration: JsonObject): Settings {
  if (Object.keys(configuration).length === 0) throw new HostError('Configuration', 'no config specified');
  const given = isJsonObject(configuration['imagePolicy']) ? configuration['imagePolicy'] : {};
  const number = (name: string): number => (typeof given[name] === 'number' ? given[name] : 0);
  const file = given['kubeConfigFile'];
  return {
    pauseMs: timeOf(number('retryBackoff'), { unitMs: 1, leastMs: 1e-6, mostMs: 5 * minuteMs, usualMs: 500 }),
    allowMs: timeOf(number('allowTTL'), { ...ttl, usualMs: 5 * minuteMs }),
    denyMs: timeOf(number('denyTTL'), { ...ttl, usualMs: minuteMs / 2 }),
    defaultAllow: given['defaultAllow'] === true,
    kubeConfigFile: typeof file === 'string' ? file : '',
  };
}

const ttl = { unitMs: 1000, leastMs: 1000, mostMs: 30 * minuteMs };

interface Range {
  readonly unitMs: number;
  /** As little as this is too little. */
  readonly leastMs: number;
  readonly mostMs: number;
  readonly usualMs: number;
}

/** 0 is as usual, -1 none at all. */
function timeOf(value: number, { unitMs, leastMs, mostMs, usualMs }: Range): number {
  if (value === 0) return usualMs;
  if (value === -1) return 0;
  const ms = value * unitMs;
  if (ms > leastMs && ms <= mostMs) return ms;
  const text = (time: number): string => durationText(Math.round(time * 1e6));
  throw new HostError('Configuration', `valid value is between ${text(leastMs)} and ${text(mostMs)}, got ${text(ms)}`);
}
