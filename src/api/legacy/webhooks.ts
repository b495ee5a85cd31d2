/**
 * Webhook configurations of v1beta1: calls whose failure does not matter, that match exactly, that may have side effects and
 * be reviewed in v1beta1, and whose names may be the same. Beside them policies, whose first bindings denied without being told.
 */
import type { Kind } from '../../machinery/mod.ts';
import { denyWithoutParams } from '../admissionregistration/bindings.ts';
import { mutatingWebhookConfigurations } from '../admissionregistration/mutating-webhook-configuration.ts';
import { validatingAdmissionPolicies } from '../admissionregistration/validating-admission-policy.ts';
import { validatingAdmissionPolicyBindings } from '../admissionregistration/validating-admission-policy-binding.ts';
import { validatingWebhookConfigurations } from '../admissionregistration/validating-webhook-configuration.ts';
import type { ValidatingWebhook } from '../upstream/types.ts';
import { judgedAsOld, legacyKind, type LegacyVersion } from './version.ts';

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

function oldConfiguration(current: unknown): Kind {
  const kind = current as Kind;
  const validate = judgedAsOld(kind);
  return legacyKind(kind, {
    version: 'v1beta1',
    deprecated: [16, 22],
    toCurrent,
    strategy: { validate, validateUpdate: (configuration, _old, context) => validate(configuration, context) },
  });
}

const policy = validatingAdmissionPolicies as unknown as Kind;
const binding = validatingAdmissionPolicyBindings as unknown as Kind;
const beta1: LegacyVersion = { version: 'v1beta1', deprecated: [31, 34], instead: null };
const alpha1: LegacyVersion = { version: 'v1alpha1', deprecated: [29, 32] };

export const legacyWebhooks: readonly Kind[] = [
  oldConfiguration(mutatingWebhookConfigurations),
  legacyKind(policy, beta1),
  legacyKind(policy, alpha1),
  legacyKind(binding, beta1),
  legacyKind(binding, { ...alpha1, toCurrent: denyWithoutParams }),
  oldConfiguration(validatingWebhookConfigurations),
];
