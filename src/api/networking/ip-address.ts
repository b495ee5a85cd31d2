/** IPAddress: who has an address of the service range. Its name is the address; whom it belongs to never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  dns1123SubdomainErrors,
  field,
  ipErrors,
  ipText,
  nameColumn,
  nameIsPathSegment,
  parseIp,
  required,
  type FieldError,
  type NameValidation,
} from '../../machinery/mod.ts';
import { checkImmutableStruct, report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import type { IPAddress, ParentReference } from '../upstream/types.ts';

const parentPath = field('spec', 'parentRef');

const nameIsIp: NameValidation = (name) => {
  const problems = ipErrors(name, true);
  const ip = parseIp(name);
  if (problems.length > 0 || ip === undefined) return problems;
  return ipText(ip) === name ? [] : [`must be in canonical form (${JSON.stringify(ipText(ip))})`];
};

function addressErrors({ spec }: DeepReadonly<IPAddress>): FieldError[] {
  const errors: Errors = [];
  const parent: Partial<DeepReadonly<ParentReference>> | undefined = spec.parentRef;
  if (parent === undefined) return [required(parentPath)];
  const { group = '', resource = '', name = '', namespace = '' } = parent;
  if (group !== '') report(errors, parentPath.child('group'), group, dns1123SubdomainErrors(group));
  if (resource === '') errors.push(required(parentPath.child('resource')));
  else report(errors, parentPath.child('resource'), resource, nameIsPathSegment(resource, false));
  if (name === '') errors.push(required(parentPath.child('name')));
  else report(errors, parentPath.child('name'), name, nameIsPathSegment(name, false));
  if (namespace !== '') report(errors, parentPath.child('namespace'), namespace, nameIsPathSegment(namespace, false));
  return errors;
}

function parentText({ spec }: DeepReadonly<IPAddress>): string {
  const parent: Partial<DeepReadonly<ParentReference>> | undefined = spec.parentRef;
  if (parent === undefined) return none;
  const { group = '', resource = '', namespace = '', name = '' } = parent;
  return [group === '' ? resource : `${resource}.${group}`, ...(namespace === '' ? [] : [namespace]), name].join('/');
}

export const ipAddresses = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.IPAddress',
  listKind: 'IPAddressList',
  shortNames: ['ip'],
  strategy: {
    validateName: nameIsIp,
    validate: addressErrors,
    validateUpdate({ spec }, old) {
      const errors: Errors = [];
      checkImmutableStruct(
        errors,
        'io.k8s.api.networking.v1.ParentReference',
        [spec.parentRef, old.spec.parentRef],
        parentPath,
      );
      return errors;
    },
  },
  columns: [nameColumn(), column('ParentRef', 'The object that has the address.', parentText)],
});
