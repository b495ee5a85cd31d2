/** Expressions that pick devices: what they may speak of, and what they may cost. */
import {
  bindingsLibrary,
  boolType,
  compile,
  declaredObject,
  declTypeFromSchema,
  dynDecl,
  Environment,
  isDyn,
  kubernetesLibraries,
  mapType,
  objectType,
  sameType,
  stringType,
  type DeclType,
} from '../../cel/mod.ts';
import { forbidden, invalid, type FieldPath } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';

const costMax = 1_000_000;
const domainLengthMax = 63;
const idLengthMax = 32;
const valueLengthMax = 64;
const attributesMax = 32;

const text = declTypeFromSchema({ type: 'string' }, { name: '' }) ?? dynDecl;
const driver: DeclType = { ...text, maxElements: domainLengthMax };
const id: DeclType = { ...text, maxElements: idLengthMax };
const attribute: DeclType = { ...dynDecl, maxElements: valueLengthMax };
const quantity: DeclType = { ...dynDecl, type: objectType('kubernetes.Quantity') };

function mapOf(keys: DeclType, items: DeclType): DeclType {
  return { ...dynDecl, type: mapType(stringType, items.type), maxElements: attributesMax, keys, items };
}

/** Attributes and capacities are found by their domain, then by their name. */
const device = declaredObject('kubernetes.DRADevice', {
  driver,
  attributes: mapOf(driver, mapOf(id, attribute)),
  capacity: mapOf(driver, mapOf(id, quantity)),
  allowMultipleAllocations: declTypeFromSchema({ type: 'boolean' }, { name: '' }) ?? dynDecl,
});

const environment = new Environment({
  variables: { device },
  libraries: [...kubernetesLibraries, bindingsLibrary],
});

export function checkDeviceExpression(errors: Errors, expression: string, path: FieldPath): void {
  const compiled = compile(expression, environment);
  if ('error' in compiled) {
    errors.push(invalid(path, expression, `compilation failed: ${compiled.error}`));
    return;
  }
  const { type, estimate } = compiled.program;
  if (!sameType(type, boolType) && !isDyn(type))
    errors.push(invalid(path, expression, `must evaluate to bool or the unknown type, not ${type.name}`));
  else if (estimate.max > costMax) errors.push(forbidden(path, 'too complex, exceeds cost limit'));
}
