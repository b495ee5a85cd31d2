/** What is wrong with the specification of a Job, its own or the one in the template of a CronJob. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { invalid, notSupported, required, tooLong, type FieldPath } from '../../../machinery/mod.ts';
import { checkDomainPrefixedPath, checkNonNegative, checkOptionalChoice, type Errors } from '../../checks.ts';
import { checkPodTemplate } from '../../core/pod-spec/validation/spec.ts';
import type { JobSpec } from '../../upstream/types.ts';
import { checkFailurePolicy, checkSuccessPolicy } from './policies.ts';

type ReadonlySpec = DeepReadonly<JobSpec>;

const managedByLengthMax = 63;
const parallelismMax = 100_000;
const failedIndexesMax = 100_000;
/** Above this many completions the record of those that failed must stay small. */
export const completionsMany = 100_000;
export const parallelismOfMany = 10_000;
const failedIndexesOfMany = 10_000;

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

export function checkJobSpec(errors: Errors, spec: ReadonlySpec, path: FieldPath): void {
  for (const name of counts) checkNonNegative(errors, spec[name], path.child(name));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  checkManagedBy(errors, spec.managedBy, path.child('managedBy'));
  const { completionMode: mode = 'NonIndexed' } = spec;
  if (mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.push(notSupported(path.child('completionMode'), mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') checkIndexed(errors, spec, path);
  if (mode === 'NonIndexed')
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[name] !== undefined)
        errors.push(invalid(path.child(name), spec[name], 'requires indexed completion mode'));
  if (spec.podFailurePolicy !== undefined) checkFailurePolicy(errors, spec, path.child('podFailurePolicy'));
  if (spec.successPolicy !== undefined) checkSuccessPolicy(errors, spec, path.child('successPolicy'));
  checkOptionalChoice(
    errors,
    spec.podReplacementPolicy,
    spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'],
    path.child('podReplacementPolicy'),
  );
  checkPodTemplate(errors, spec.template, path.child('template'));
  checkRestartPolicy(errors, spec, path.child('template', 'spec', 'restartPolicy'));
}

function checkManagedBy(errors: Errors, name: string | undefined, path: FieldPath): void {
  if (name === undefined) return;
  checkDomainPrefixedPath(errors, name, path);
  if (name.length > managedByLengthMax) errors.push(tooLong(path, managedByLengthMax));
}

function checkIndexed(errors: Errors, spec: ReadonlySpec, path: FieldPath): void {
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec;
  if (completions === undefined) errors.push(required(path.child('completions'), 'when completion mode is Indexed'));
  const limit = (name: 'parallelism' | 'maxFailedIndexes', text: string): void =>
    void errors.push(invalid(path.child(name), spec[name], `must be less than or equal to ${text}`));
  if (parallelism > parallelismMax) limit('parallelism', `${parallelismMax} when completion mode is Indexed`);
  if (completions !== undefined && failed !== undefined && failed > completions)
    limit('maxFailedIndexes', 'completions');
  if (failed !== undefined && failed > failedIndexesMax) limit('maxFailedIndexes', String(failedIndexesMax));
  if (completions === undefined || completions <= completionsMany || spec.backoffLimitPerIndex === undefined) return;
  const many = `when completions are above ${completionsMany} and used with backoff limit per index`;
  if (failed === undefined)
    errors.push(
      required(path.child('maxFailedIndexes'), `must be specified when completions is above ${completionsMany}`),
    );
  if (parallelism > parallelismOfMany) limit('parallelism', `${parallelismOfMany} ${many}`);
  if (failed !== undefined && failed > failedIndexesOfMany) limit('maxFailedIndexes', `${failedIndexesOfMany} ${many}`);
}

/** The pods of a Job end. `Always` is what a client gets that says nothing. */
function checkRestartPolicy(errors: Errors, { template, podFailurePolicy }: ReadonlySpec, path: FieldPath): void {
  const { restartPolicy: policy = '' } = template.spec ?? {};
  if (policy === '' || policy === 'Always') errors.push(required(path, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(notSupported(path, policy, ['OnFailure', 'Never']));
  else if (podFailurePolicy !== undefined && policy !== 'Never')
    errors.push(invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}
