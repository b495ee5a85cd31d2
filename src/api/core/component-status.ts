/** ComponentStatus: whether the parts of the control plane are well. Nothing of it is kept; the API server looks when asked. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, nameColumn } from '../../machinery/mod.ts';
import { column } from '../columns.ts';
import type { ComponentCondition, ComponentStatus } from '../upstream/types.ts';

function health({ conditions }: DeepReadonly<ComponentStatus>): DeepReadonly<ComponentCondition> | undefined {
  return conditions?.find(({ type }) => type === 'Healthy');
}

function statusText(component: DeepReadonly<ComponentStatus>): string {
  const condition = health(component);
  if (condition === undefined) return 'Unknown';
  return condition.status === 'True' ? 'Healthy' : 'Unhealthy';
}

export const componentStatuses = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  shortNames: ['cs'],
  collection: undefined,
  verbs: ['get', 'list'],
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.core.v1.ComponentStatus',
      deprecated: 'v1 ComponentStatus is deprecated in v1.19+',
    },
  ],
  columns: [
    nameColumn(),
    column('Status', 'Whether the component is well.', statusText),
    column('Message', 'What it says of itself.', (component) => health(component)?.message ?? ''),
    column('Error', 'Why it could not be asked.', (component) => health(component)?.error ?? ''),
  ],
});
