/** Scopes that say which names of a class they are about. */
import { LabelSelector, type LabelOperator } from '../../../machinery/mod.ts';
import type { QuotaScope } from './usage.ts';

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/** Whether one of the names is meant; without any, whether having none is. */
export function meansName({ scopeName, operator, values = [] }: QuotaScope, names: readonly string[]): boolean {
  const known = operators[operator];
  if (known === undefined) return false;
  const selector = new LabelSelector([{ key: scopeName, operator: known, values }]);
  return names.length === 0 ? selector.matches({}) : names.some((name) => selector.matches({ [scopeName]: name }));
}
