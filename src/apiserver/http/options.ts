/** What the query of a request on a resource says, and upstream's words for what it may not say. */
import { ApiError } from '../../machinery/mod.ts';
import type { OperationOptions } from '../operation.ts';
import { goIntegerError } from '../read.ts';
import { isTrue } from './request-info.ts';

export function optionsOf(query: URLSearchParams): OperationOptions {
  if (query.size === 0) return {};
  const options: Record<string, unknown> = {};
  for (const name of [
    'labelSelector',
    'fieldSelector',
    'resourceVersion',
    'resourceVersionMatch',
    'continue',
    'fieldManager',
  ] as const) {
    const value = query.get(name);
    if (value !== null && value !== '') options[name] = value;
  }
  for (const name of ['limit', 'timeoutSeconds'] as const) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    const wrong = goIntegerError('ParseInt', value, 63n);
    if (wrong !== undefined) throw ApiError.badRequest(wrong);
    options[name] = Number(value);
  }
  for (const name of ['allowWatchBookmarks', 'sendInitialEvents', 'force'] as const)
    if (query.has(name)) options[name] = isTrue(query.get(name));
  options['dryRun'] = dryRunOf(query.getAll('dryRun'));
  const validation = query.get('fieldValidation');
  if (validation !== null && validation !== '') {
    if (!['Strict', 'Warn', 'Ignore'].includes(validation))
      throw invalidOption(
        'CreateOptions',
        `fieldValidation: Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`,
      );
    options['fieldValidation'] = validation;
  }
  return options;
}

function dryRunOf(values: readonly string[]): boolean {
  const wrong = values.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined)
    throw invalidOption('CreateOptions', `dryRun: Unsupported value: ["${wrong}"]: supported values: "All"`);
  return values.includes('All');
}

function invalidOption(kind: string, message: string): ApiError {
  return new ApiError('Invalid', `${kind}.meta.k8s.io "" is invalid: ${message}`, {
    details: { group: 'meta.k8s.io', kind },
  });
}
