/** CSIDriver: how the driver of this name wants to be used. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  invalid,
  nameColumn,
  notSupported,
  required,
  type Column,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkImmutable, checkOptionalChoice, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { CSIDriver, CSIDriverSpec, StorageV1TokenRequest } from '../upstream/types.ts';
import { storageGroup } from './parameters.ts';

type ReadonlySpec = DeepReadonly<CSIDriverSpec>;

const specPath = field('spec');
const lifecycleModes = ['Persistent', 'Ephemeral'];
const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;
const updatePeriodSecondsMin = 10;

function checkTokenRequests(
  errors: Errors,
  requests: readonly DeepReadonly<StorageV1TokenRequest>[],
  path: FieldPath,
): void {
  const audiences = new Set<string>();
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const at = path.index(i);
    if (audiences.has(audience)) {
      errors.push(duplicate(at.child('audience'), audience));
      continue;
    }
    audiences.add(audience);
    if (seconds !== undefined && seconds < tokenSecondsMin)
      errors.push(invalid(at.child('expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds !== undefined && seconds > tokenSecondsMax)
      errors.push(
        invalid(at.child('expirationSeconds'), seconds, 'may not specify a duration larger than 2^32 seconds'),
      );
  }
}

function driverErrors(spec: ReadonlySpec): Errors {
  const errors: Errors = [];
  if (spec.attachRequired === undefined) errors.push(required(specPath.child('attachedRequired')));
  for (const name of ['podInfoOnMount', 'storageCapacity'] as const)
    if (spec[name] === undefined) errors.push(required(specPath.child(name)));
  checkOptionalChoice(errors, spec.fsGroupPolicy, fsGroupPolicies, specPath.child('fsGroupPolicy'));
  checkTokenRequests(errors, spec.tokenRequests ?? [], specPath.child('tokenRequests'));
  for (const mode of spec.volumeLifecycleModes ?? [])
    if (!lifecycleModes.includes(mode))
      errors.push(notSupported(specPath.child('volumeLifecycleModes'), mode, lifecycleModes));
  if (spec.seLinuxMount === undefined) errors.push(required(specPath.child('seLinuxMount')));
  const { nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets: inSecrets } = spec;
  if (period !== undefined && period < updatePeriodSecondsMin)
    errors.push(
      invalid(
        specPath.child('nodeAllocatableUpdatePeriodSeconds'),
        period,
        'must be greater than or equal to 10 seconds',
      ),
    );
  if (inSecrets !== undefined && (spec.tokenRequests ?? []).length === 0)
    errors.push(
      invalid(
        specPath.child('serviceAccountTokenInSecrets'),
        inSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    );
  return errors;
}

function flag(name: string, description: string, of: (spec: ReadonlySpec) => boolean | undefined): Column<CSIDriver> {
  return { ...column<CSIDriver>(name, description, ({ spec }) => of(spec) ?? false), type: 'boolean' };
}

const unset = '<unset>';

export const csiDrivers = defineKind<CSIDriver>({
  group: storageGroup,
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    defaults({ spec }) {
      spec.attachRequired ??= true;
      spec.podInfoOnMount ??= false;
      spec.storageCapacity ??= false;
      spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
      if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
      spec.requiresRepublish ??= false;
      spec.seLinuxMount ??= false;
    },
    prepareForCreate({ spec }) {
      // Behind a feature that is off.
      delete spec.preventPodSchedulingIfMissing;
    },
    prepareForUpdate({ spec }) {
      delete spec.preventPodSchedulingIfMissing;
    },
    validate: ({ spec }) => driverErrors(spec),
    validateUpdate({ spec }, old) {
      const errors = driverErrors(spec);
      checkImmutable(errors, spec.attachRequired, old.spec.attachRequired, specPath.child('attachedRequired'));
      checkImmutable(
        errors,
        spec.volumeLifecycleModes,
        old.spec.volumeLifecycleModes,
        specPath.child('volumeLifecycleModes'),
      );
      return errors;
    },
    returnsDeleted: true,
  },
  columns: [
    nameColumn(),
    flag('AttachRequired', 'Whether volumes are attached before they are mounted.', (spec) => spec.attachRequired),
    flag('PodInfoOnMount', 'Whether the driver is told for which pod it mounts.', (spec) => spec.podInfoOnMount),
    flag('StorageCapacity', 'Whether the driver says how much room it has.', (spec) => spec.storageCapacity),
    column('TokenRequests', 'The audiences of the tokens that the driver gets.', ({ spec: { tokenRequests } }) =>
      tokenRequests === undefined ? unset : tokenRequests.map(({ audience }) => audience).join(','),
    ),
    flag('RequiresRepublish', 'Whether mounts are refreshed from time to time.', (spec) => spec.requiresRepublish),
    column('Modes', 'The sorts of volumes that the driver has.', ({ spec: { volumeLifecycleModes: modes = [] } }) =>
      modes.length === 0 ? '<none>' : modes.join(','),
    ),
    ageColumn(),
  ],
});
