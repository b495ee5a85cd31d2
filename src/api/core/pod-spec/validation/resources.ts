/** What containers and pods ask for and may use at most. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123LabelErrors,
  duplicate,
  forbidden,
  invalid,
  notSupported,
  parseQuantity,
  qualifiedNameErrors,
  required,
  type FieldPath,
  type Quantity,
} from '../../../../machinery/mod.ts';
import { mustNotBeNegative, report, type Errors } from '../../../checks.ts';
import type { PodSpec, ResourceRequirements } from '../../../upstream/types.ts';
import { isNativeResource, isOvercommitAllowed, podResourceSupported, containerTotal } from '../resources.ts';

const forContainers: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const standard: ReadonlySet<string> = new Set([
  ...forContainers,
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const integers: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

const isHugePages = (name: string): boolean => name.startsWith('hugepages-');

/** `example.com/gpu`: a resource that somebody else defines. */
export function isExtendedResource(name: string): boolean {
  return (
    !isNativeResource(name) && !name.startsWith('requests.') && qualifiedNameErrors(`requests.${name}`).length === 0
  );
}

/** The name of any resource; tells whether it can be one. */
export function checkResourceName(errors: Errors, name: string, path: FieldPath): boolean {
  const problems = qualifiedNameErrors(name);
  report(errors, path, name, problems);
  if (problems.length > 0) return false;
  const known = standard.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
  if (name.includes('/') || known) return true;
  errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
  return false;
}

/** The name of a resource that a container or a whole pod asks for. */
export function checkRequestedName(errors: Errors, name: string, path: FieldPath, of: 'container' | 'pod'): void {
  if (forContainers.has(name) && (of === 'container' || podResourceSupported(name))) return;
  const known = checkResourceName(errors, name, path);
  const plain = !name.includes('/');
  if (of === 'pod') {
    if (known && !podResourceSupported(name)) errors.push(notSupported(path, name, ['cpu', 'hugepages-', 'memory']));
    return;
  }
  if (plain && !forContainers.has(name) && !isHugePages(name))
    errors.push(invalid(path, name, 'must be a standard resource for containers'));
  else if (!plain && !isNativeResource(name) && !isExtendedResource(name))
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
}

/** A quantity of a resource: not negative, and whole where the resource can only be counted. */
export function checkQuantity(errors: Errors, name: string, quantity: Quantity, path: FieldPath): void {
  if (quantity.sign < 0) errors.push(invalid(path, quantity.toString(), mustNotBeNegative));
  if ((integers.has(name) || isExtendedResource(name)) && quantity.milliValue() % 1000 !== 0)
    errors.push(invalid(path, quantity, 'must be an integer'));
}

function checkHugePages(errors: Errors, name: string, quantity: Quantity, path: FieldPath): void {
  const page = parseQuantity(name.slice('hugepages-'.length));
  if (page.sign <= 0 || quantity.nanos % page.nanos !== 0n)
    errors.push(
      invalid(path, quantity.toString(), `${quantity.toString()} is not positive integer multiple of ${name}`),
    );
}

/** Checks one of the lists; tells which sorts of resources are in it. */
function checkList(
  errors: Errors,
  list: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
  of: 'container' | 'pod',
): { compute: boolean; hugePages: boolean } {
  const found = { compute: false, hugePages: false };
  for (const name in list) {
    const at = path.key(name);
    const quantity = parseQuantity(list[name] ?? '0');
    checkRequestedName(errors, name, at, of);
    checkQuantity(errors, name, quantity, at);
    if (isHugePages(name)) {
      found.hugePages = true;
      checkHugePages(errors, name, quantity, at);
    }
    if (name === 'cpu' || name === 'memory') found.compute = true;
  }
  return found;
}

/** Whose requirements they are, and the claims that they may name. */
export interface ResourceScope {
  readonly of: 'container' | 'pod';
  readonly claimNames: ReadonlySet<string>;
}

export function checkResourceRequirements(
  errors: Errors,
  requirements: DeepReadonly<ResourceRequirements>,
  path: FieldPath,
  { claimNames, of }: ResourceScope,
): void {
  const { limits, requests, claims } = requirements;
  if (limits === undefined && requests === undefined && claims === undefined) return;
  const limited = checkList(errors, limits, path.child('limits'), of);
  const requested = checkList(errors, requests, path.child('requests'), of);
  for (const name in requests) {
    const quantity = parseQuantity(requests[name] ?? '0');
    const text = limits?.[name];
    if (text === undefined) {
      if (!isOvercommitAllowed(name))
        errors.push(required(path.child('limits'), 'Limit must be set for non overcommitable resources'));
      continue;
    }
    const order = quantity.compare(parseQuantity(text));
    if (order !== 0 && !isOvercommitAllowed(name))
      errors.push(invalid(path.child('requests'), quantity.toString(), `must be equal to ${name} limit of ${text}`));
    else if (order > 0)
      errors.push(
        invalid(path.child('requests'), quantity.toString(), `must be less than or equal to ${name} limit of ${text}`),
      );
  }
  if ((limited.hugePages || requested.hugePages) && !limited.compute && !requested.compute)
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  if (claims !== undefined) checkClaims(errors, claims, path.child('claims'), claimNames);
}

const namesShownMax = 100;

/** Upstream names all of them, again for each claim that is none: with thousands of both that is gigabytes. */
function listed(names: ReadonlySet<string>): string {
  return [...names].sort().slice(0, namesShownMax).join(', ');
}

function checkClaims(
  errors: Errors,
  claims: NonNullable<DeepReadonly<ResourceRequirements>['claims']>,
  path: FieldPath,
  known: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  const seenInPart = new Set<string>();
  const names = known.size === 0 ? ' which is empty' : `: ${listed(known)}`;
  for (const [i, { name, request = '' }] of claims.entries()) {
    const at = path.index(i);
    if (name === '') {
      errors.push(required(at));
      continue;
    }
    const key = request === '' ? name : `${name}/${request}`;
    if (request !== '' && !seen.has(name)) report(errors, at.child('request'), request, dns1123LabelErrors(request));
    if (seen.has(name)) errors.push(duplicate(at, name));
    else if (seen.has(key)) errors.push(duplicate(at, key));
    else if (request === '' && seenInPart.has(name)) errors.push(duplicate(at, name));
    seen.add(key);
    if (request !== '') seenInPart.add(name);
    if (known.has(name)) continue;
    errors.push({
      type: 'FieldValueNotFound',
      field: at.toString(),
      badValue: name,
      detail: `must be one of the names in pod.spec.resourceClaims${names}`,
    });
  }
}

/** The resources of the pod as a whole must have room for those of its containers. */
export function checkPodResources(
  errors: Errors,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
  claimNames: ReadonlySet<string>,
): void {
  const { resources = {} } = spec;
  if (spec.os?.name === 'windows') return void errors.push(forbidden(path, 'may not be set for a windows pod'));
  if (resources.claims !== undefined)
    errors.push(forbidden(path.child('claims'), 'claims may not be set for Resources at pod-level'));
  checkResourceRequirements(errors, resources, path, { of: 'pod', claimNames });
  for (const list of ['requests', 'limits'] as const) {
    for (const [name, total] of containerTotal(spec, list)) {
      const own = resources[list]?.[name];
      // More may be allowed to each than to all together, but of what is set aside.
      if (own === undefined || (list === 'limits' && !isHugePages(name))) continue;
      if (total.compare(parseQuantity(own)) > 0)
        errors.push(
          invalid(
            path.child(list).key(name),
            parseQuantity(own).toString(),
            `must be greater than or equal to aggregate container ${list} of ${total.toString()}`,
          ),
        );
    }
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    const limits = container.resources?.limits;
    for (const name in limits) {
      const own = resources.limits?.[name];
      const limit = parseQuantity(limits[name] ?? '0');
      if (own !== undefined && limit.compare(parseQuantity(own)) > 0)
        errors.push(
          invalid(
            path.child('containers').index(i).key(name).child('limits'),
            limit.toString(),
            `must be less than or equal to pod limits of ${own}`,
          ),
        );
    }
  }
}
