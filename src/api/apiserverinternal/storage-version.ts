/** StorageVersion: as which version each API server stores the objects of a resource, and which versions it can read. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  field,
  invalid,
  nameColumn,
  regexError,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkQualifiedName, repetition, report, type Errors } from '../checks.ts';
import { column, listText } from '../columns.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { ServerStorageVersion, StorageVersion, StorageVersionCondition } from '../upstream/types.ts';

type ReadonlyVersion = DeepReadonly<StorageVersion>;
/** As it is sent: no empty field stands in for what is not given. */
type Server = DeepReadonly<Partial<ServerStorageVersion>>;
type Condition = DeepReadonly<Partial<StorageVersionCondition>>;

const statusPath = field('status');
const serversShownMax = 3;

const tooManySlashes = `an apiVersion is ${regexError(
  "a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  'my-name',
  'abc-123',
)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')`;

/** `<group>.<resource>`, also where it is only the beginning of one. */
function nameErrors(name: string): readonly string[] {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return ['name must be in the form of <group>.<resource>'];
  return [
    ...dns1123SubdomainErrors(name.slice(0, dot)).map((problem) => `the group segment ${problem}`),
    ...dns1035LabelErrors(name.slice(dot + 1)).map((problem) => `the resource segment ${problem}`),
  ];
}

function apiVersionErrors(apiVersion: string): readonly string[] {
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [tooManySlashes];
  const version = parts.pop() ?? '';
  return [
    ...parts.flatMap((group) => partErrors('group', group, dns1123SubdomainErrors)),
    ...partErrors('version', version, dns1035LabelErrors),
  ];
}

function partErrors(part: string, value: string, check: (value: string) => readonly string[]): readonly string[] {
  return (value === '' ? ['must be non-empty'] : check(value)).map((problem) => `${part} part: ${problem}`);
}

/** All problems of the value are one error. */
function checkApiVersion(errors: Errors, apiVersion: string, path: FieldPath): void {
  const problems = apiVersionErrors(apiVersion);
  if (problems.length > 0) errors.push(invalid(path, apiVersion, problems.join(',')));
}

function checkServer(
  errors: Errors,
  server: Server,
  path: FieldPath,
  isRepeated: (apiServerID: string) => boolean,
): void {
  const { apiServerID = '', encodingVersion = '', decodableVersions = [], servedVersions = [] } = server;
  if (isRepeated(apiServerID)) errors.push(duplicate(path.child('apiServerID'), apiServerID));
  report(errors, path.child('apiServerID'), apiServerID, dns1123SubdomainErrors(apiServerID));
  checkApiVersion(errors, encodingVersion, path.child('encodingVersion'));
  const decodablePath = path.child('decodableVersions');
  for (const [i, version] of decodableVersions.entries()) checkApiVersion(errors, version, decodablePath.index(i));
  if (!decodableVersions.includes(encodingVersion))
    errors.push(
      invalid(
        decodablePath,
        server.decodableVersions ?? null,
        `decodableVersions must include encodingVersion ${encodingVersion}`,
      ),
    );
  for (const [i, version] of servedVersions.entries()) {
    const at = path.child('servedVersions').index(i);
    checkApiVersion(errors, version, at);
    if (decodableVersions.includes(version)) continue;
    const list = `[${decodableVersions.join(' ')}]`;
    const problem = `individual served version : ${version} must be included in decodableVersions : ${list}`;
    errors.push(invalid(at, version, problem));
  }
}

function checkCommonVersion(errors: Errors, servers: readonly Server[], stated: string | undefined): void {
  const versions = new Set(servers.map(({ encodingVersion = '' }) => encodingVersion));
  const [actual] = versions.size === 1 ? versions : [];
  if (actual === stated) return;
  const problem =
    actual === undefined
      ? 'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'
      : `the ${stated === undefined ? '' : 'actual '}common encoding version is ${actual}`;
  errors.push(invalid(statusPath.child('commonEncodingVersion'), stated ?? null, problem));
}

/** Upstream leaves the name of the list out of their paths. */
function checkCondition(errors: Errors, condition: Condition, path: FieldPath): void {
  const { type = '', status = '', reason = '', message = '' } = condition;
  checkQualifiedName(errors, type, path.child('type'));
  checkQualifiedName(errors, status, path.child('status'));
  if (reason === '') errors.push(required(path.child('reason'), 'reason cannot be empty'));
  if (message === '') errors.push(required(path.child('message'), 'message cannot be empty'));
}

function statusErrors({ status = {} }: ReadonlyVersion): FieldError[] {
  const errors: Errors = [];
  const { storageVersions = [], commonEncodingVersion, conditions = [] } = status;
  const isRepeated = repetition<string>();
  for (const [i, server] of storageVersions.entries()) {
    const at = statusPath.child('storageVersions').index(i);
    checkServer(errors, server, at, isRepeated);
  }
  checkCommonVersion(errors, storageVersions, commonEncodingVersion);
  const seen = new Map<string, number>();
  for (const [i, condition] of conditions.entries()) {
    const before = seen.get(condition.type);
    const problem = `the type of the condition is not unique, it also appears in conditions[${before}]`;
    if (before !== undefined) errors.push(invalid(statusPath.index(i).child('type'), condition.type, problem));
    seen.set(condition.type, i);
    checkCondition(errors, condition, statusPath.index(i));
  }
  return errors;
}

function serversText({ status }: ReadonlyVersion): string {
  const servers = status?.storageVersions ?? [];
  return listText(
    servers.map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`),
    serversShownMax,
  );
}

export const storageVersions = defineKind<StorageVersion>({
  group: 'internal.apiserver.k8s.io',
  version: 'v1alpha1',
  kind: 'StorageVersion',
  plural: 'storageversions',
  namespaced: false,
  schema: 'io.k8s.api.apiserverinternal.v1alpha1.StorageVersion',
  strategy: {
    validateName: nameErrors,
    unconditionalUpdate: false,
    prepareForCreate(draft) {
      draft.status = {};
    },
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
  columns: [
    nameColumn(),
    column(
      'CommonEncodingVersion',
      'The version that all servers store, if it is one.',
      ({ status }) => status?.commonEncodingVersion ?? '<unset>',
    ),
    column('StorageVersions', 'The version that each server stores.', serversText),
    ageColumn(),
  ],
});
