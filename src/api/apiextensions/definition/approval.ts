/** Groups of the Kubernetes community are only for APIs that it has approved, and an annotation says where. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { field, goQuote, invalid, required, type FieldError } from '../../../machinery/mod.ts';
import type { CustomResourceDefinition } from '../../upstream/types.ts';

type Definition = DeepReadonly<CustomResourceDefinition>;

const annotation = 'api-approved.kubernetes.io';
const rules = 'see https://github.com/kubernetes/enhancements/pull/1111';

export interface Approval {
  readonly state: 'Invalid' | 'Approved' | 'Bypassed' | 'Missing';
  readonly reason: string;
}

export function isProtected(group: string): boolean {
  return /(^|\.)(k8s|kubernetes)\.io$/.test(group);
}

export function approvalOf({ metadata }: Definition): Approval {
  const text = metadata.annotations?.[annotation] ?? '';
  if (text === '')
    return {
      state: 'Missing',
      reason: `protected groups must have approval annotation ${goQuote(annotation)}, ${rules}`,
    };
  if (text.startsWith('unapproved')) return { state: 'Bypassed', reason: `not approved: ${goQuote(text)}` };
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(text) && URL.canParse(text))
    return { state: 'Approved', reason: `approved in ${text}` };
  return {
    state: 'Invalid',
    reason: `protected groups must have approval annotation ${goQuote(annotation)} with either a URL or a reason starting with "unapproved", ${rules}`,
  };
}

export function approvalErrors(definition: Definition, old: Definition | undefined): FieldError[] {
  if (!isProtected(definition.spec.group)) return [];
  const { state, reason } = approvalOf(definition);
  if (old !== undefined && approvalOf(old).state === state) return [];
  const path = field('metadata', 'annotations').key(annotation);
  if (state === 'Missing') return [required(path, reason)];
  return state === 'Invalid' ? [invalid(path, definition.metadata.annotations?.[annotation], reason)] : [];
}
