/** ValidatingAdmissionWebhook: all webhooks that are about a request are asked at once, and each may refuse it. */
import { validatingWebhookConfigurations } from '../../../api/mod.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { Authority } from './authority.ts';
import { CompiledObjects } from './compiled.ts';
import { isExempt } from './matching.ts';
import type { DynamicAdmissionParts } from './parts.ts';
import { VersionedRequest, type Target } from './versioned-request.ts';
import { call, CallFailure, compileWebhooks, targetOf, type CompiledWebhook } from './webhook-call.ts';

export function validatingWebhooks(parts: DynamicAdmissionParts): AdmissionPlugin {
  const configurations = new CompiledObjects(
    parts.store,
    validatingWebhookConfigurations,
    ({ metadata, webhooks = [] }) => compileWebhooks(metadata.name ?? '', webhooks),
  );
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(request) {
      const { all } = configurations;
      return all.length === 0 ? undefined : validate(parts, request, all.flat());
    },
  };
}

async function validate(
  parts: DynamicAdmissionParts,
  request: AdmissionRequest,
  hooks: readonly CompiledWebhook[],
): Promise<void> {
  const versioned = new VersionedRequest(parts.world(), request);
  if (isExempt(versioned)) return;
  const authority = new Authority(parts.authorizers, request.context.user);
  const invocations: { readonly compiled: CompiledWebhook; readonly target: Target }[] = [];
  for (const compiled of hooks) {
    const target = await targetOf(compiled, versioned, authority);
    if (target !== undefined) invocations.push({ compiled, target });
  }
  const refusals: unknown[] = [];
  await Promise.all(
    invocations.map(async ({ compiled, target }, index) => {
      try {
        await call(parts, compiled, versioned, target);
      } catch (error) {
        const { hook } = compiled;
        if (!(error instanceof CallFailure)) refusals.push(error);
        else if (hook.failurePolicy !== 'Ignore') refusals.push(error.refusal());
        else {
          parts.log.warn('a webhook failed and is ignored', { webhook: hook.name, error: error.message });
          request.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, hook.name);
        }
      }
    }),
  );
  // The first one to answer.
  if (refusals.length > 0) throw refusals[0];
}
