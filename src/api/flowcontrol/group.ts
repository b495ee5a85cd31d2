/** What both kinds of the group share. */
import type { DeepReadonly } from '../../base/mod.ts';
import { duplicate, field, required, type FieldError } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';

export const flowcontrolGroup = 'flowcontrol.apiserver.k8s.io';

interface Conditioned {
  readonly status?: { readonly conditions?: readonly { readonly type?: string }[] };
}

export function conditionErrors({ status = {} }: DeepReadonly<Conditioned>): FieldError[] {
  const errors: Errors = [];
  const seen = new Set<string>();
  for (const [i, { type = '' }] of (status.conditions ?? []).entries()) {
    const at = field('status', 'conditions').index(i).child('type');
    if (seen.has(type)) errors.push(duplicate(at, type));
    seen.add(type);
    if (type === '') errors.push(required(at, 'must not be empty'));
  }
  return errors;
}
