/** DeviceTaintRule: a taint that an administrator gives to devices, beside those that their drivers tell of. */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { defineKind, field, tooMany, type FieldError, type HookContext } from '../../machinery/mod.ts';
import { checkCsiDriverName, checkDnsLabel, type Errors } from '../checks.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { DeviceTaintRule } from '../upstream/types.ts';
import { checkPoolName, resourceGroup } from './group.ts';
import { checkDeviceTaint } from './taints.ts';

type ReadonlyRule = DeepReadonly<DeviceTaintRule>;

const specPath = field('spec');
const selectorPath = specPath.child('deviceSelector');
const conditionsPath = field('status').child('conditions');
const conditionsMax = 8;

function ruleErrors({ spec: { deviceSelector = {}, taint } }: ReadonlyRule): FieldError[] {
  const errors: Errors = [];
  const { driver, pool, device } = deviceSelector;
  if (driver !== undefined) checkCsiDriverName(errors, driver, selectorPath.child('driver'));
  if (pool !== undefined) checkPoolName(errors, pool, selectorPath.child('pool'));
  if (device !== undefined) checkDnsLabel(errors, device, selectorPath.child('device'));
  checkDeviceTaint(errors, taint, specPath.child('taint'));
  return errors;
}

function statusErrors({ status = {} }: ReadonlyRule): FieldError[] {
  const errors: Errors = [];
  checkConditions(errors, status.conditions, conditionsPath);
  const count = status.conditions?.length ?? 0;
  if (count > conditionsMax) errors.push(tooMany(conditionsPath, count, conditionsMax));
  return errors;
}

/** The time says since when there is this effect: tolerations are counted from it. */
function dateTaint({ spec: { taint } }: DeviceTaintRule, { now }: HookContext, old?: ReadonlyRule): void {
  taint.timeAdded ??= rfc3339(now);
  const before = old?.spec.taint;
  if (before !== undefined && taint.effect !== before.effect && taint.timeAdded === before.timeAdded)
    taint.timeAdded = rfc3339(now);
}

export const deviceTaintRules = defineKind<DeviceTaintRule>({
  group: resourceGroup,
  version: 'v1beta2',
  kind: 'DeviceTaintRule',
  plural: 'devicetaintrules',
  namespaced: false,
  schema: 'io.k8s.api.resource.v1beta2.DeviceTaintRule',
  versions: [
    { version: 'v1beta2', schema: 'io.k8s.api.resource.v1beta2.DeviceTaintRule' },
    {
      version: 'v1alpha3',
      schema: 'io.k8s.api.resource.v1alpha3.DeviceTaintRule',
      deprecated: `${resourceGroup}/v1alpha3 DeviceTaintRule is deprecated in v1.36+`,
    },
  ],
  strategy: {
    generation: true,
    returnsDeleted: true,
    prepareForCreate(draft, context) {
      draft.status = {};
      dateTaint(draft, context);
    },
    prepareForUpdate(draft, old, context) {
      dateTaint(draft, context, old);
    },
    validate: ruleErrors,
    validateUpdate: ruleErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
});
