/** Amounts of pods: a count, or a share of them in percent. */
import { invalid, percentErrors, type FieldLike } from '../machinery/mod.ts';
import { checkNonNegative, report, type Errors } from './checks.ts';

type Amount = number | string;

export function checkAmount(errors: Errors, amount: Amount, path: FieldLike): void {
  if (typeof amount === 'number') checkNonNegative(errors, amount, path);
  else report(errors, path, amount, percentErrors(amount));
}

export function checkAtMostAll(errors: Errors, amount: Amount, path: FieldLike): void {
  if (isShare(amount) && amountOf(amount) > 100) errors.push(invalid(path, amount, 'must not be greater than 100%'));
}

/** The number in front of the percent sign, or the count; 0 for what is neither. */
export function amountOf(amount: Amount): number {
  if (typeof amount === 'number') return amount;
  return isShare(amount) || /^[-+]?[0-9]+$/.test(amount) ? Number.parseInt(amount, 10) : 0;
}

function isShare(amount: Amount): boolean {
  return typeof amount === 'string' && percentErrors(amount).length === 0;
}
