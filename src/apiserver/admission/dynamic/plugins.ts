/** Admission that is configured in the store, in upstream's order. */
import type { AdmissionPlugin } from '../admission.ts';
import { mutatingPolicies } from './mutating-policies.ts';
import { mutatingWebhooks } from './mutating-webhooks.ts';
import type { DynamicAdmissionParts } from './parts.ts';
import { validatingPolicies } from './validating-policies.ts';
import { validatingWebhooks } from './validating-webhooks.ts';

export function dynamicPlugins(parts: DynamicAdmissionParts): AdmissionPlugin[] {
  return [mutatingPolicies(parts), mutatingWebhooks(parts), validatingPolicies(parts), validatingWebhooks(parts)];
}
