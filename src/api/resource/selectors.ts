/** What classes and claims share: expressions that pick devices, and parameters for their drivers. */
import type { DeepReadonly } from '../../base/mod.ts';
import { required, tooLong, utf8Length, type FieldPath } from '../../machinery/mod.ts';
import { checkCsiDriverName, type Errors } from '../checks.ts';
import type { DeviceSelector, OpaqueDeviceConfiguration } from '../upstream/types.ts';
import { checkDeviceExpression } from './device-expression.ts';
import { checkList, checkRawObject } from './group.ts';

const selectorsMax = 32;
export const configurationsMax = 32;
const expressionBytesMax = 10 * 1024;
const parametersBytesMax = 10 * 1024;

/** `stored`: they were accepted before. */
export function checkSelectors(
  errors: Errors,
  selectors: readonly DeepReadonly<DeviceSelector>[] | undefined,
  path: FieldPath,
  stored = false,
): void {
  checkList(errors, selectors, { path, countMax: selectorsMax }, ({ cel }, at) => {
    if (cel === undefined) errors.push(required(at.child('cel')));
    else if (utf8Length(cel.expression) > expressionBytesMax)
      errors.push(tooLong(at.child('cel', 'expression'), expressionBytesMax));
    else if (!stored) checkDeviceExpression(errors, cel.expression, at.child('cel', 'expression'));
  });
}

interface Configuration {
  readonly opaque?: DeepReadonly<OpaqueDeviceConfiguration>;
}

/** `stored`: it was there before there was a limit. */
export function checkConfiguration(errors: Errors, { opaque }: Configuration, path: FieldPath, stored = false): void {
  const at = path.child('opaque');
  if (opaque === undefined) return void errors.push(required(at));
  checkCsiDriverName(errors, opaque.driver, at.child('driver'));
  checkRawObject(errors, opaque.parameters, stored ? undefined : parametersBytesMax, at.child('parameters'));
}
