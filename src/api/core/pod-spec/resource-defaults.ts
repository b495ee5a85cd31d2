/** Defaults of resource requirements: precision, requests that follow from limits, the pod's own resources. */
import { parseQuantity, QuantityError, type Quantity } from '../../../machinery/mod.ts';
import type { Container, PodSpec, ResourceRequirements } from '../../upstream/types.ts';
import { containerTotal, isOvercommitAllowed, podResourceSupported } from './resources.ts';

/** Nothing is counted finer than in thousandths. */
export function roundResources(list: Record<string, string>): void {
  for (const name in list) {
    const text = list[name] ?? '';
    // In the canonical form that decoding makes, nothing else is finer.
    if (!text.endsWith('n') && !text.endsWith('u') && !text.includes('e-')) continue;
    const quantity = quantityOf(text);
    if (quantity === undefined) continue;
    const rounded = quantity.roundUp(-3);
    if (rounded !== quantity) list[name] = rounded.toString();
  }
}

export function roundRequirements({ limits, requests }: ResourceRequirements): void {
  if (limits !== undefined) roundResources(limits);
  if (requests !== undefined) roundResources(requests);
}

function quantityOf(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** Who says how much at most but not how much at least asks for as much. */
export function requestsFromLimits({ resources }: Container): void {
  if (resources?.limits === undefined) return;
  const requests = (resources.requests ??= {});
  for (const name in resources.limits) requests[name] ??= resources.limits[name] ?? '0';
}

/**
 * What is said for the pod as a whole, but not for every resource: it may use as many huge pages as its containers may,
 * and where there are limits, it asks for what its containers ask for, or else for the limit. The defaults of the
 * containers come before.
 */
export function defaultPodResources(spec: PodSpec, resources: ResourceRequirements): void {
  const limits = resources.limits ?? {};
  const requests = resources.requests ?? {};
  if (isEmpty(limits) && isEmpty(requests)) return;
  for (const [name, quantity] of containerTotal(spec, 'limits')) {
    if (name.startsWith('hugepages-') && requests[name] === undefined) limits[name] ??= quantity.toString();
  }
  if (isEmpty(limits)) return;
  resources.limits = limits;
  for (const [name, quantity] of containerTotal(spec, 'requests')) {
    if (podResourceSupported(name) && isOvercommitAllowed(name)) requests[name] ??= quantity.toString();
  }
  for (const name in limits) if (podResourceSupported(name)) requests[name] ??= limits[name] ?? '0';
  if (!isEmpty(requests)) resources.requests = requests;
}

function isEmpty(list: Readonly<Record<string, string>>): boolean {
  return Object.keys(list).length === 0;
}
