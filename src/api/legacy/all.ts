/** Every version that upstream has dropped, in the order of discovery. They are served where somebody asks for them. */
import type { Facts, Kind } from '../../machinery/mod.ts';
import { legacyAutoscalers } from './autoscaling.ts';
import { legacyCertificates } from './certificates.ts';
import { legacyDefinitions } from './definitions.ts';
import { legacyBudgets } from './disruption.ts';
import { legacyEndpointSlices } from './endpoint-slice.ts';
import { legacyFlowControl } from './flow-control.ts';
import { legacyNetworking } from './networking.ts';
import { podSecurityPolicies, podSecurityPolicyTypes } from './pod-security-policy.ts';
import { legacyRbac } from './rbac.ts';
import { legacySameShape } from './same-shape.ts';
import { legacyWebhooks } from './webhooks.ts';
import { legacyWorkloads } from './workloads.ts';

export const legacyKinds: readonly Kind[] = [
  ...legacyWorkloads,
  ...legacySameShape,
  ...legacyAutoscalers,
  ...legacyCertificates,
  ...legacyNetworking,
  ...legacyBudgets,
  ...podSecurityPolicies,
  ...legacyRbac,
  ...legacyWebhooks,
  ...legacyDefinitions,
  ...legacyEndpointSlices,
  ...legacyFlowControl,
];

/** The facts with the types that only older versions have. */
export function withLegacyTypes(facts: Facts): Facts {
  return { ...facts, types: { ...facts.types, ...podSecurityPolicyTypes() } };
}
