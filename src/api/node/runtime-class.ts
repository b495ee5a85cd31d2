/** RuntimeClass: a way to run containers that nodes know by the name of its handler. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, dns1123LabelErrors, field, labelsErrors, nameColumn } from '../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { warnOfNodeSelector } from '../core/pod-spec/node-labels.ts';
import { checkResourceRequirements } from '../core/pod-spec/validation/resources.ts';
import { checkTolerations } from '../core/pod-spec/validation/scheduling.ts';
import type { RuntimeClass } from '../upstream/types.ts';

const schedulingPath = field('scheduling');
const noClaims: ReadonlySet<string> = new Set();

function classErrors({ handler, overhead, scheduling }: DeepReadonly<RuntimeClass>): Errors {
  const errors: Errors = [];
  report(errors, 'handler', handler, dns1123LabelErrors(handler));
  if (overhead?.podFixed !== undefined)
    checkResourceRequirements(errors, { limits: overhead.podFixed }, field('overhead'), {
      of: 'container',
      claimNames: noClaims,
    });
  if (scheduling === undefined) return errors;
  errors.push(...labelsErrors(scheduling.nodeSelector, schedulingPath.child('nodeSelector')));
  const path = schedulingPath.child('tolerations');
  checkTolerations(errors, scheduling.tolerations ?? [], path);
  return errors;
}

export const runtimeClasses = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  strategy: {
    unconditionalUpdate: false,
    validate: classErrors,
    validateUpdate({ handler }, old) {
      const errors: Errors = [];
      checkImmutable(errors, handler, old.handler, 'handler');
      return errors;
    },
    warnings({ scheduling }) {
      const found: string[] = [];
      warnOfNodeSelector(found, scheduling?.nodeSelector, schedulingPath.child('nodeSelector'));
      return found;
    },
  },
  columns: [
    nameColumn(),
    column('Handler', 'What nodes call the way to run containers.', ({ handler }) => handler),
    ageColumn(),
  ],
});
