/** Names of signers: `example.com/signer-name`. */
import {
  dns1123LabelErrors,
  dns1123LabelLengthMax,
  dns1123SubdomainErrors,
  dns1123SubdomainLengthMax,
  goQuote,
  invalid,
  required,
  tooLong,
  type FieldLike,
} from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';

/** Room for a path that is a namespace and the name of an object in it. */
const lengthMax = dns1123SubdomainLengthMax + 1 + dns1123SubdomainLengthMax + dns1123LabelLengthMax + 1;

export function checkSignerName(errors: Errors, name: string, path: FieldLike): void {
  if (name === '') return void errors.push(required(path));
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0)
    return void errors.push(
      invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    );
  if (domain.length > dns1123SubdomainLengthMax) errors.push(tooLong(path, dns1123SubdomainLengthMax));
  checkLabels(errors, domain, dns1123LabelErrors, path);
  if (!domain.includes('.'))
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  checkLabels(errors, rest, dns1123SubdomainErrors, path);
  if (name.length > lengthMax) errors.push(tooLong(path, lengthMax));
}

/** Stops at the first label that is wrong: the errors of two could not be told apart. */
function checkLabels(
  errors: Errors,
  segment: string,
  problemsOf: (label: string) => readonly string[],
  path: FieldLike,
): void {
  for (const label of segment.split('.')) {
    const problems = problemsOf(label);
    for (const problem of problems)
      errors.push(invalid(path, segment, `validating label ${goQuote(label)}: ${problem}`));
    if (problems.length > 0) return;
  }
}
