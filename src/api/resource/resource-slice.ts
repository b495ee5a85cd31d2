/** ResourceSlice: devices that a driver has on a node or for many nodes. Where it belongs never changes. */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  nameColumn,
  nameIsDns1123Subdomain,
  required,
  type FieldError,
  type HookContext,
} from '../../machinery/mod.ts';
import { checkCsiDriverName, checkImmutable, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { checkNodeSelector } from '../core/pod-spec/validation/affinity.ts';
import { internalForm } from '../internal-form.ts';
import type { ResourceSlice, ResourceSliceSpec } from '../upstream/types.ts';
import { checkCounterName, checkCounters, checkDevice, checkUnsetOrTrue, givenFields } from './device.ts';
import { checkList, checkPoolName, checkUnique, resourceGroup } from './group.ts';

type ReadonlySlice = DeepReadonly<ResourceSlice>;
type ReadonlySpec = DeepReadonly<ResourceSliceSpec>;

const specPath = field('spec');
const devicesMax = 128;
/** With taints or counters, which make devices larger. */
const largeDevicesMax = 64;
const counterSetsMax = 8;

function sliceErrors({ spec }: ReadonlySlice, old?: ReadonlySlice): FieldError[] {
  const errors: Errors = [];
  const { driver, pool, nodeName } = spec;
  checkCsiDriverName(errors, driver, specPath.child('driver'));
  checkPoolName(errors, pool.name, specPath.child('pool', 'name'));
  const { resourceSliceCount: count, generation } = pool;
  if (count <= 0)
    errors.push(invalid(specPath.child('pool', 'resourceSliceCount'), count, 'must be greater than zero'));
  if (generation < 0)
    errors.push(invalid(specPath.child('pool', 'generation'), generation, 'must be greater than or equal to zero'));
  if (old !== undefined) {
    checkImmutable(errors, pool.name, old.spec.pool.name, specPath.child('pool', 'name'));
    checkImmutable(errors, driver, old.spec.driver, specPath.child('driver'));
    checkImmutable(errors, nodeName, old.spec.nodeName, specPath.child('nodeName'));
  }
  checkNodes(errors, spec);
  checkContent(errors, spec, old?.spec);
  return errors;
}

function checkNodes(errors: Errors, spec: ReadonlySpec): void {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec;
  if (nodeName === '')
    errors.push(invalid(specPath.child('nodeName'), nodeName, 'must be either unset or set to a non-empty string'));
  else if (nodeName !== undefined)
    report(errors, specPath.child('nodeName'), nodeName, nameIsDns1123Subdomain(nodeName, false));
  if (nodeSelector !== undefined) {
    const at = specPath.child('nodeSelector');
    checkNodeSelector(errors, nodeSelector, at);
    // Selectors of several slices are put together for one claim.
    if ((nodeSelector.nodeSelectorTerms ?? []).length !== 1)
      errors.push(
        invalid(
          at.child('nodeSelectorTerms'),
          internalForm('[]io.k8s.api.core.v1.NodeSelectorTerm', nodeSelector.nodeSelectorTerms),
          'must have exactly one node selector term',
        ),
      );
  }
  checkUnsetOrTrue(errors, allNodes, specPath.child('allNodes'));
  checkUnsetOrTrue(errors, perDeviceNodeSelection, specPath.child('perDeviceNodeSelection'));
  const given = givenFields({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection });
  const oneNeeded = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (given.length === 0) errors.push(required(specPath, oneNeeded));
  else if (given.length > 1)
    errors.push(invalid(specPath, `{${given.join(', ')}}`, `${oneNeeded}, but multiple fields are set`));
}

function checkContent(errors: Errors, spec: ReadonlySpec, old: ReadonlySpec | undefined): void {
  const { devices, sharedCounters, perDeviceNodeSelection: perDevice = false } = spec;
  if (devices !== undefined && sharedCounters !== undefined)
    errors.push(invalid(specPath, '', 'only one of `sharedCounters` or `devices` is allowed'));
  const large = (devices ?? []).some(
    ({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0,
  );
  const countMax = large ? largeDevicesMax : devicesMax;
  const devicesPath = specPath.child('devices');
  checkList(errors, devices, { path: devicesPath, countMax }, (device, at) => {
    const before = old?.devices?.find(({ name }) => name === device.name);
    checkDevice(errors, device, at, { old: before, perDevice });
  });
  if ((devices?.length ?? 0) <= countMax) checkUnique(errors, devices, ({ name }) => name, devicesPath);
  const countersPath = specPath.child('sharedCounters');
  checkList(errors, sharedCounters, { path: countersPath, countMax: counterSetsMax }, ({ name, counters }, at) => {
    checkCounterName(errors, name, at.child('name'));
    checkCounters(errors, counters, at.child('counters'));
  });
  if ((sharedCounters?.length ?? 0) <= counterSetsMax)
    checkUnique(errors, sharedCounters, ({ name }) => name, countersPath);
}

/** Leaves out what is behind features that are off, and says since when taints are there. */
function prepare({ spec }: ResourceSlice, { now }: HookContext): void {
  for (const device of spec.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) {
      delete attribute.ints;
      delete attribute.bools;
      delete attribute.strings;
      delete attribute.versions;
    }
    for (const taint of device.taints ?? []) taint.timeAdded ??= rfc3339(now);
  }
}

export const resourceSlices = defineKind<ResourceSlice>({
  group: resourceGroup,
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  namespaced: false,
  schema: 'io.k8s.api.resource.v1.ResourceSlice',
  strategy: {
    generation: true,
    prepareForCreate: prepare,
    prepareForUpdate: (draft, _old, context) => prepare(draft, context),
    validate: (slice) => sliceErrors(slice),
    validateUpdate: sliceErrors,
  },
  columns: [
    nameColumn(),
    column('Node', 'The node that has the devices.', ({ spec }) => spec.nodeName ?? ''),
    column('Driver', 'The driver of the devices.', ({ spec }) => spec.driver),
    column('Pool', 'The pool that the slice is a part of.', ({ spec }) => spec.pool.name),
    ageColumn(),
  ],
  selectable: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.driver': ({ spec }) => spec.driver,
  },
});
