/** Defaults of resource requirements: precision, requests that follow from limits, the pod's own resources. */
import { parseQuantity, QuantityError, type Quantity } from '../../../machinery/mod.ts';
import type { Container, PodSpec } from '../../upstream/types.ts';
import { containerTotal, podResourceSupported } from './resources.ts';

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

/** The requests of the whole pod, where only its limits are given: what its containers ask for, or else the limit. */
export function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  if (resources.limits !== undefined) roundResources(resources.limits);
  if (resources.requests !== undefined) roundResources(resources.requests);
  const limits = resources.limits ?? {};
  if (Object.keys(limits).length === 0) return;
  const requests = resources.requests ?? {};
  for (const [name, quantity] of containerTotal(spec, 'requests')) {
    if (podResourceSupported(name) && !name.startsWith('hugepages-')) requests[name] ??= quantity.toString();
  }
  for (const name in limits) if (podResourceSupported(name)) requests[name] ??= limits[name] ?? '0';
  if (Object.keys(requests).length > 0) resources.requests = requests;
}
