/** ResourceQuota: how much may be in a namespace. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, nameColumn } from '../../machinery/mod.ts';
import { column } from '../columns.ts';
import type { ResourceQuota } from '../upstream/types.ts';
import { quotaErrors, quotaStatusErrors, quotaUpdateErrors } from './resource-quota/validation.ts';

/** What is used of what is allowed: of limits, or of all else. */
function usedText({ status }: DeepReadonly<ResourceQuota>, limits: boolean): string {
  const { hard = {}, used = {} } = status ?? {};
  return Object.keys(hard)
    .filter((name) => name.startsWith('limits') === limits)
    .sort()
    .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name] ?? '0'}`)
    .join(', ');
}

export const resourceQuotas = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  shortNames: ['quota'],
  strategy: {
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: quotaErrors,
    validateUpdate: quotaUpdateErrors,
    returnsDeleted: true,
  },
  subresources: { status: { type: 'part', strategy: { validateUpdate: quotaStatusErrors } } },
  columns: [
    nameColumn(),
    column('Request', 'What is used of what may be asked for.', (quota) => usedText(quota, false)),
    column('Limit', 'What is used of what may be used at most.', (quota) => usedText(quota, true)),
    ageColumn(),
  ],
});
