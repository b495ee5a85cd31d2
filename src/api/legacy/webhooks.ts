/**
 * Webhook configurations of v1beta1: calls whose failure does not matter, that match exactly, that may have side effects and
 * be reviewed in v1beta1, and whose names may be the same.
 */
import type { Kind } from '../../machinery/mod.ts';
import { mutatingWebhookConfigurations } from '../admissionregistration/mutating-webhook-configuration.ts';
import { validatingWebhookConfigurations } from '../admissionregistration/validating-webhook-configuration.ts';
import type { ValidatingWebhook } from '../upstream/types.ts';
import { judgedAsOld, legacyKind } from './version.ts';

interface Configuration {
  webhooks?: Partial<ValidatingWebhook>[];
}

function toCurrent({ webhooks }: Configuration): void {
  for (const hook of webhooks ?? []) {
    hook.failurePolicy ??= 'Ignore';
    hook.matchPolicy ??= 'Exact';
    hook.sideEffects ??= 'Unknown';
    hook.timeoutSeconds ??= 30;
    if ((hook.admissionReviewVersions ?? []).length === 0) hook.admissionReviewVersions = ['v1beta1'];
  }
}

const current = [mutatingWebhookConfigurations, validatingWebhookConfigurations] as unknown as readonly Kind[];

export const legacyWebhooks: readonly Kind[] = current.map((kind) => {
  const validate = judgedAsOld(kind);
  return legacyKind(kind, {
    version: 'v1beta1',
    deprecated: [16, 22],
    toCurrent,
    strategy: { validate, validateUpdate: (configuration, _old, context) => validate(configuration, context) },
  });
});
