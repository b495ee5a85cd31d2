/** LeaseCandidate: who would hold a lease, with the versions by which the best of them is picked. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  compareSemanticVersions,
  configMapKeyErrors,
  defineKind,
  field,
  invalid,
  nameColumn,
  notSupported,
  parseSemanticVersion,
  qualifiedNameErrors,
  required,
  type FieldError,
  type FieldPath,
  type SemanticVersion,
} from '../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { LeaseCandidate, LeaseCandidateSpec } from '../upstream/types.ts';

type ReadonlyCandidate = DeepReadonly<LeaseCandidate>;
/** The strategy is needed, but no empty one stands in for it. */
type Given = DeepReadonly<Omit<LeaseCandidateSpec, 'strategy'> & { strategy?: string }>;

const specPath = field('spec');
const oldestEmulation = 'OldestEmulationVersion';
const group = 'coordination.k8s.io';
const deprecated = (version: string, minors: string): string =>
  `${group}/${version} LeaseCandidate is deprecated in ${minors}`;

/** What is not known counts as this one, which no program has. */
const zero: SemanticVersion = { numbers: [0, 0, 0], prerelease: [] };

function checkVersion(errors: Errors, text: string, path: FieldPath): SemanticVersion {
  if (text === '') return zero;
  const version = parseSemanticVersion(text);
  if (typeof version !== 'string') return version;
  errors.push(invalid(path, text, 'must be a valid semantic version'));
  return zero;
}

function candidateErrors({ spec }: ReadonlyCandidate): FieldError[] {
  const errors: Errors = [];
  const { leaseName, binaryVersion, emulationVersion = '', strategy = '' } = spec as Given;
  if (leaseName === '') errors.push(required(specPath.child('leaseName')));
  const emulationPath = specPath.child('emulationVersion');
  const binaryPath = specPath.child('binaryVersion');
  const emulation = checkVersion(errors, emulationVersion, emulationPath);
  if (binaryVersion === '') errors.push(required(binaryPath));
  const binary = checkVersion(errors, binaryVersion, binaryPath);
  if (binaryVersion !== '' && emulationVersion !== '' && compareSemanticVersions(binary, emulation) < 0)
    errors.push(invalid(binaryPath, binaryVersion, 'must be greater than or equal to `emulationVersion`'));
  const strategyPath = specPath.child('strategy');
  if (strategy === '') return [...errors, required(strategyPath)];
  if (strategy === oldestEmulation && compareSemanticVersions(emulation, zero) === 0)
    errors.push(required(emulationPath, `must be specified when \`strategy\` is '${oldestEmulation}'`));
  // Upstream names the field twice.
  const at = strategyPath.child('strategy');
  if (strategy.includes('/')) report(errors, at, strategy, qualifiedNameErrors(strategy));
  else if (strategy !== oldestEmulation) errors.push(notSupported(at, strategy, [oldestEmulation]));
  return errors;
}

function candidateUpdateErrors(candidate: ReadonlyCandidate, old: ReadonlyCandidate): FieldError[] {
  const errors = candidateErrors(candidate);
  checkImmutable(errors, candidate.spec.leaseName, old.spec.leaseName, specPath.child('leaseName'));
  return errors;
}

export const leaseCandidates = defineKind<LeaseCandidate>({
  group,
  version: 'v1beta1',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  namespaced: true,
  schema: 'io.k8s.api.coordination.v1beta1.LeaseCandidate',
  versions: [
    {
      version: 'v1beta1',
      schema: 'io.k8s.api.coordination.v1beta1.LeaseCandidate',
      deprecated: deprecated('v1beta1', 'v1.36+, unavailable in v1.39+'),
    },
    {
      version: 'v1alpha2',
      schema: 'io.k8s.api.coordination.v1alpha2.LeaseCandidate',
      deprecated: deprecated('v1alpha2', 'v1.35+'),
    },
  ],
  strategy: {
    // A dash at the end of a prefix is part of such a name, too.
    validateName: (name) => configMapKeyErrors(name),
    createOnUpdate: true,
    unconditionalUpdate: false,
    validate: candidateErrors,
    validateUpdate: candidateUpdateErrors,
  },
  columns: [
    nameColumn(),
    column('LeaseName', 'The lease that it is for.', ({ spec }) => spec.leaseName),
    column('BinaryVersion', '', ({ spec }) => spec.binaryVersion),
    column('EmulationVersion', '', ({ spec }) => spec.emulationVersion ?? ''),
    ageColumn(),
  ],
});
