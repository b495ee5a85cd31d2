/**
 * ResourcePoolStatusRequest: asks once how many devices of a driver there are, taken and free. What is asked never changes, and
 * neither does the answer.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  caselessDns1123SubdomainErrors,
  defineKind,
  dns1123SubdomainErrors,
  field,
  humanDuration,
  invalid,
  nameColumn,
  required,
  tooLong,
  tooMany,
  utf8Length,
  type Column,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkImmutable, checkImmutableStruct, checkMinimum, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { PoolStatus, ResourcePoolStatusRequest } from '../upstream/types.ts';
import { checkList, poolNameLengthMax, resourceGroup } from './group.ts';

type ReadonlyRequest = DeepReadonly<ResourcePoolStatusRequest>;
type ReadonlyPool = DeepReadonly<PoolStatus>;

const schema = 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest';
const specPath = field('spec');
const statusPath = field('status');
const conditionsPath = statusPath.child('conditions');
const limitDefault = 100;
const limitMax = 1000;
const poolsMax = 1000;
const conditionsMax = 10;
const validationErrorBytesMax = 256;

function checkDriver(errors: Errors, driver: string, path: FieldPath): void {
  if (driver === '') errors.push(required(path));
  else report(errors, path, driver, caselessDns1123SubdomainErrors(driver));
}

/** Other kinds say less of what is wrong with the same name. */
function checkPool(errors: Errors, name: string, path: FieldPath): void {
  if (utf8Length(name) > poolNameLengthMax) errors.push(tooLong(path, poolNameLengthMax));
  for (const [i, part] of name.split('/').entries()) {
    const segment = `segment ${i}: `;
    if (part === '') errors.push(invalid(path, name, `${segment}must not be empty`));
    else for (const problem of dns1123SubdomainErrors(part)) errors.push(invalid(path, part, `${segment}${problem}`));
  }
}

function requestErrors({ spec: { driver, poolName, limit = limitDefault } }: ReadonlyRequest): FieldError[] {
  const errors: Errors = [];
  const limitPath = specPath.child('limit');
  checkDriver(errors, driver, specPath.child('driver'));
  if (poolName !== undefined) checkPool(errors, poolName, specPath.child('poolName'));
  if (limit > limitMax) errors.push(invalid(limitPath, limit, `must be less than or equal to ${limitMax}`));
  checkMinimum(errors, limit, 1, limitPath);
  return errors;
}

function requestUpdateErrors({ spec }: ReadonlyRequest, old: ReadonlyRequest): FieldError[] {
  const errors: Errors = [];
  checkImmutable(errors, spec, old.spec, specPath);
  return errors;
}

function checkPoolStatus(errors: Errors, pool: ReadonlyPool, path: FieldPath): void {
  const { driver = '', poolName = '' } = pool as Partial<PoolStatus>;
  const { generation, resourceSliceCount: slices, nodeName, validationError = '' } = pool;
  checkDriver(errors, driver, path.child('driver'));
  if (poolName === '') errors.push(required(path.child('poolName')));
  else checkPool(errors, poolName, path.child('poolName'));
  if (generation === 0) errors.push(required(path.child('generation')));
  else checkMinimum(errors, generation, 0, path.child('generation'));
  if (slices !== undefined) checkMinimum(errors, slices, 1, path.child('resourceSliceCount'));
  for (const name of ['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const)
    checkMinimum(errors, pool[name] ?? 0, 0, path.child(name));
  if (nodeName !== undefined) report(errors, path.child('nodeName'), nodeName, dns1123SubdomainErrors(nodeName));
  if (utf8Length(validationError) > validationErrorBytesMax)
    errors.push(tooLong(path.child('validationError'), validationErrorBytesMax));
}

function statusErrors({ status }: ReadonlyRequest, { status: old }: ReadonlyRequest): FieldError[] {
  const errors: Errors = [];
  if (old !== undefined) checkImmutableStruct(errors, `${schema}Status`, [status, old], statusPath);
  else checkConditions(errors, status?.conditions, conditionsPath);
  if (status === undefined || jsonEqual(status, old)) return errors;
  const { poolCount, pools, conditions = [] } = status as Partial<typeof status>;
  const countPath = statusPath.child('poolCount');
  if (poolCount === undefined) errors.push(required(countPath));
  else checkMinimum(errors, poolCount, 0, countPath);
  if (!jsonEqual(pools, old?.pools))
    checkList(errors, pools, { path: statusPath.child('pools'), countMax: poolsMax }, (pool, path) =>
      checkPoolStatus(errors, pool, path),
    );
  if (conditions.length > conditionsMax) errors.push(tooMany(conditionsPath, conditions.length, conditionsMax));
  return errors;
}

/** What is over ends with one of these. */
function conclusionOf({ status }: ReadonlyRequest): { type: string; lastTransitionTime: string } | undefined {
  const found = status?.conditions?.find(
    (condition) => condition.status === 'True' && (condition.type === 'Complete' || condition.type === 'Failed'),
  );
  return found === undefined ? undefined : { type: found.type, lastTransitionTime: found.lastTransitionTime };
}

/** A number that only a complete answer has. */
function answerColumn(
  name: string,
  description: string,
  cell: (pools: readonly ReadonlyPool[], poolCount: number) => number,
): Column<ResourcePoolStatusRequest> {
  return column(name, description, (request) => {
    const { pools = [], poolCount = 0 } = request.status ?? {};
    return conclusionOf(request)?.type === 'Complete' ? String(cell(pools, poolCount)) : '-';
  });
}

function devicesColumn(
  name: 'Total' | 'Available' | 'Allocated' | 'Unavailable',
  description: string,
): Column<ResourcePoolStatusRequest> {
  const counted = `${name.toLowerCase() as Lowercase<typeof name>}Devices` as const;
  return answerColumn(name, description, (pools) => pools.reduce((sum, pool) => sum + (pool[counted] ?? 0), 0));
}

function statusText(request: ReadonlyRequest): string {
  const { type = 'Pending' } = conclusionOf(request) ?? {};
  const { pools = [], poolCount = 0 } = request.status ?? {};
  return type === 'Complete' && pools.length < poolCount ? `${type} (${pools.length}/${poolCount} pools)` : type;
}

export const resourcePoolStatusRequests = defineKind<ResourcePoolStatusRequest>({
  group: resourceGroup,
  version: 'v1alpha3',
  kind: 'ResourcePoolStatusRequest',
  plural: 'resourcepoolstatusrequests',
  namespaced: false,
  schema,
  strategy: {
    unconditionalUpdate: false,
    returnsDeleted: true,
    defaults({ spec }) {
      spec.limit ??= limitDefault;
    },
    prepareForCreate(draft) {
      delete draft.status;
    },
    validate: requestErrors,
    validateUpdate: requestUpdateErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
  columns: [
    nameColumn(),
    column('Driver', 'The driver whose pools are asked about.', ({ spec }) => spec.driver),
    devicesColumn('Total', 'How many devices the pools have.'),
    devicesColumn('Available', 'How many of them can be allocated.'),
    devicesColumn('Allocated', 'How many of them are allocated.'),
    devicesColumn('Unavailable', 'How many of them can be allocated to nobody.'),
    answerColumn(
      'Errors',
      'How many pools could not be looked at wholly.',
      (pools) => pools.filter(({ validationError }) => validationError !== undefined).length,
    ),
    answerColumn('Pools', 'How many pools were asked about.', (_pools, poolCount) => poolCount),
    column('Status', 'How far the request is.', statusText),
    column('Completed', 'How long ago it was answered.', (request, now) => {
      const time = conclusionOf(request)?.lastTransitionTime;
      return time === undefined ? '-' : humanDuration(now - Date.parse(time));
    }),
  ],
});
