/** One device of a slice: its attributes, what it has to give, and where it can be used. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  dns1123LabelErrors,
  forbidden,
  invalid,
  nameIsDns1123Subdomain,
  parseQuantity,
  required,
  tooLong,
  tooMany,
  utf8Length,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkDnsLabel, report, type Errors } from '../checks.ts';
import { checkNodeSelector } from '../core/pod-spec/validation/affinity.ts';
import { internalForm } from '../internal-form.ts';
import type { Counter, Device, DeviceAttribute } from '../upstream/types.ts';
import { checkList, checkQualifiedAttribute, checkUnique, qualifiedNameLengthMax, shortened } from './group.ts';
import { checkRequestPolicy } from './request-policy.ts';
import { checkBindingConditions, checkDeviceTaint } from './taints.ts';

type ReadonlyDevice = DeepReadonly<Device>;

const attributesAndCapacitiesMax = 32;
const valueBytesMax = 64;
const taintsMax = 16;
const consumptionsMax = 2;
const countersMax = 32;
const labelLengthMax = 63;
/** https://semver.org, version 2.0.0. */
const version =
  /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

/** `old` is the device as it was; `perDevice`: each device says on which nodes it is. */
export function checkDevice(
  errors: Errors,
  device: ReadonlyDevice,
  path: FieldPath,
  { old, perDevice }: { readonly old: ReadonlyDevice | undefined; readonly perDevice: boolean },
): void {
  checkDnsLabel(errors, device.name, path.child('name'));
  const { attributes = {}, capacity = {}, taints, consumesCounters } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > attributesAndCapacitiesMax)
    errors.push(
      invalid(
        path,
        count,
        `the total number of attributes and capacities must not exceed ${attributesAndCapacitiesMax}`,
      ),
    );
  for (const [name, attribute] of Object.entries(attributes)) {
    const at = path.child('attributes').key(shortened(name, qualifiedNameLengthMax));
    checkQualifiedAttribute(errors, name, at);
    checkAttribute(errors, attribute, at);
  }
  if (old === undefined || !jsonEqual(old.capacity, device.capacity)) checkCapacity(errors, device, path);
  if (old === undefined || !jsonEqual(old.taints, taints))
    checkList(errors, taints, { path: path.child('taints'), countMax: taintsMax }, (taint, at) =>
      checkDeviceTaint(errors, taint, at),
    );
  const consumesPath = path.child('consumesCounters');
  checkList(errors, consumesCounters, { path: consumesPath, countMax: consumptionsMax }, (consumption, at) => {
    checkCounterName(errors, consumption.counterSet, at.child('counterSet'));
    checkCounters(errors, consumption.counters, at.child('counters'));
  });
  if ((consumesCounters?.length ?? 0) <= consumptionsMax)
    checkUnique(errors, consumesCounters, ({ counterSet }) => counterSet, consumesPath);
  checkNodes(errors, device, path, perDevice);
  checkBindingConditions(errors, device, path);
}

function checkAttribute(errors: Errors, attribute: DeepReadonly<DeviceAttribute>, path: FieldPath): void {
  const { string, version: number } = attribute;
  for (const [name, value] of [
    ['string', string],
    ['version', number],
  ] as const) {
    if (value === undefined) continue;
    const at = path.child(name);
    if (name === 'version' && !version.test(value))
      errors.push(invalid(at, value, 'must be a string compatible with semver.org spec 2.0.0'));
    if (utf8Length(value) > valueBytesMax) errors.push(tooLong(at, valueBytesMax));
  }
  const count = Object.keys(attribute).length;
  if (count !== 1) {
    const shown = count === 0 ? '' : internalForm('io.k8s.api.resource.v1.DeviceAttribute', attribute);
    errors.push(invalid(path, shown, 'exactly one value must be specified'));
  }
}

function checkCapacity(
  errors: Errors,
  { capacity = {}, allowMultipleAllocations: shared = false }: ReadonlyDevice,
  path: FieldPath,
): void {
  for (const [name, { value, requestPolicy }] of Object.entries(capacity)) {
    const at = path.child('capacity').key(shortened(name, qualifiedNameLengthMax));
    checkQualifiedAttribute(errors, name, at);
    if (requestPolicy === undefined) continue;
    const policyPath = at.child('requestPolicy');
    if (shared) checkRequestPolicy(errors, requestPolicy, parseQuantity(value), policyPath);
    else errors.push(forbidden(policyPath, 'allowMultipleAllocations must be true'));
  }
}

export function checkCounterName(errors: Errors, name: string, path: FieldPath): void {
  if (name === '') errors.push(required(path));
  else report(errors, path, name, dns1123LabelErrors(name));
}

export function checkCounters(
  errors: Errors,
  counters: DeepReadonly<Record<string, Counter>> | undefined,
  path: FieldPath,
): void {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) errors.push(required(path));
  else if (names.length > countersMax) errors.push(tooMany(path, names.length, countersMax));
  else
    for (const name of names) report(errors, path.key(shortened(name, labelLengthMax)), name, dns1123LabelErrors(name));
}

function checkNodes(errors: Errors, device: ReadonlyDevice, path: FieldPath, perDevice: boolean): void {
  const { nodeName, nodeSelector, allNodes } = device;
  if (!perDevice) {
    if (nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined)
      errors.push(
        invalid(
          path,
          null,
          '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
        ),
      );
    return;
  }
  if (nodeName === '') errors.push(invalid(path.child('nodeName'), nodeName, 'must not be empty'));
  else if (nodeName !== undefined)
    report(errors, path.child('nodeName'), nodeName, nameIsDns1123Subdomain(nodeName, false));
  if (nodeSelector !== undefined) checkNodeSelector(errors, nodeSelector, path.child('nodeSelector'));
  checkUnsetOrTrue(errors, allNodes, path.child('allNodes'));
  const given = givenFields({ nodeName, nodeSelector, allNodes });
  const oneNeeded =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (given.length === 0) errors.push(required(path, oneNeeded));
  else if (given.length > 1) errors.push(invalid(path, `{${given.join(', ')}}`, oneNeeded));
}

export function checkUnsetOrTrue(errors: Errors, value: boolean | undefined, path: FieldPath): void {
  if (value === false) errors.push(invalid(path, value, 'must be either unset or set to true'));
}

/** The names of the fields that say something, in backquotes. */
export function givenFields(fields: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === '' || value === false ? [] : [`\`${name}\``],
  );
}
