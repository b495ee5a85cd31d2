/**
 * MutatingAdmissionWebhook: webhooks change objects one after the other, in the order of the names of their configurations,
 * each seeing what those before it made of the object.
 */
import { mutatingWebhookConfigurations } from '../../../api/mod.ts';
import { jsonEqual, type Json, type JsonObject } from '../../../base/mod.ts';
import { ApiError, applyJsonPatch, PatchError } from '../../../machinery/mod.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { Authority } from './authority.ts';
import { CompiledObjects } from './compiled.ts';
import { isExempt } from './matching.ts';
import { Reinvocations } from './reinvocation.ts';
import { jsonPatchType } from './review.ts';
import { VersionedRequest, type Target } from './versioned-request.ts';
import type { DynamicAdmissionParts } from './parts.ts';
import { call, CallFailure, compileWebhooks, targetOf, type CompiledWebhook } from './webhook-call.ts';

export function mutatingWebhooks(parts: DynamicAdmissionParts): AdmissionPlugin {
  const configurations = new CompiledObjects(
    parts.store,
    mutatingWebhookConfigurations,
    ({ metadata, webhooks = [] }) => compileWebhooks(metadata.name ?? '', webhooks),
  );
  const rounds = new WeakMap<AdmissionRequest, Reinvocations>();
  return {
    name: 'MutatingAdmissionWebhook',
    mutate(request) {
      const { all } = configurations;
      if (all.length === 0) return undefined;
      let reinvocations = rounds.get(request);
      if (reinvocations === undefined) rounds.set(request, (reinvocations = new Reinvocations()));
      return new Round(parts, request, reinvocations).run(all.flat());
    },
  };
}

class Round {
  readonly #parts: DynamicAdmissionParts;
  readonly #request: AdmissionRequest;
  readonly #reinvocations: Reinvocations;
  readonly #versioned: VersionedRequest;
  readonly #authority: Authority;

  constructor(parts: DynamicAdmissionParts, request: AdmissionRequest, reinvocations: Reinvocations) {
    this.#parts = parts;
    this.#request = request;
    this.#reinvocations = reinvocations;
    this.#versioned = new VersionedRequest(parts.world(), request);
    this.#authority = new Authority(parts.authorizers, request.context.user);
  }

  async run(hooks: readonly CompiledWebhook[]): Promise<void> {
    if (isExempt(this.#versioned)) return;
    this.#reinvocations.begin(this.#request);
    let asked = false;
    for (const [index, compiled] of hooks.entries()) {
      const target = await targetOf(compiled, this.#versioned, this.#authority);
      if (target === undefined) continue;
      const key = `${compiled.configuration}/${compiled.hook.name}/${index}`;
      if (!this.#reinvocations.isDue(this.#request, key)) continue;
      asked = true;
      if (await this.#invoke(compiled, target, index)) this.#reinvocations.changed(this.#request);
      this.#reinvocations.asked(key, compiled.hook.reinvocationPolicy);
    }
    if (asked) this.#reinvocations.end(this.#request);
  }

  /** Whether the object is another one now. */
  async #invoke(compiled: CompiledWebhook, target: Target, index: number): Promise<boolean> {
    const { hook, configuration } = compiled;
    const request = this.#request;
    const place = `mutation.webhook.admission.k8s.io/round_${request.round}_index_${index}`;
    let mutated = false;
    try {
      const { patch } = await call(this.#parts, compiled, this.#versioned, target);
      mutated = patch.length > 0 && (await this.#patch(hook.name, target, patch));
      if (patch.length > 0) {
        const made = { configuration, webhook: hook.name, patch, patchType: jsonPatchType };
        request.annotate(place.replace('mutation.', 'patch.'), JSON.stringify(made), 'request');
      }
      return mutated;
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      if (hook.failurePolicy !== 'Ignore') throw error.refusal();
      this.#parts.log.warn('a webhook failed and is ignored', { webhook: hook.name, error: error.message });
      request.annotate(`failed-open.${place}`, hook.name);
      return false;
    } finally {
      request.annotate(place, JSON.stringify({ configuration, webhook: hook.name, mutated }));
    }
  }

  async #patch(name: string, target: Target, patch: readonly Json[]): Promise<boolean> {
    const before = await this.#versioned.object(target);
    if (before === undefined)
      throw ApiError.internal(
        `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
      );
    await this.#versioned.replace(target, patched(before, patch));
    return !jsonEqual(before, (await this.#versioned.object(target)) ?? null);
  }
}

function patched(object: JsonObject, patch: readonly Json[]): JsonObject {
  try {
    return applyJsonPatch(object, patch) as JsonObject;
  } catch (error) {
    if (error instanceof PatchError) throw ApiError.internal(error.message, error);
    throw error;
  }
}
