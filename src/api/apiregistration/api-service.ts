/** APIService: who serves a version of a group, the API server itself or one behind a Service. Its name says which. */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  field,
  goQuote,
  invalid,
  nameColumn,
  nameIsPathSegment,
  notSupported,
  portNumberErrors,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { APIService, APIServiceSpec } from '../upstream/types.ts';

type ReadonlyService = DeepReadonly<APIService>;

const specPath = field('spec');
const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;
const statuses = ['True', 'False', 'Unknown'];

function serviceErrors({
  metadata,
  spec = { groupPriorityMinimum: 0, versionPriority: 0 },
}: ReadonlyService): FieldError[] {
  const errors: Errors = [];
  const { group = '', version = '', groupPriorityMinimum: groupPriority, versionPriority } = spec;
  const name = metadata.name ?? '';
  const expected = `${version}.${group}`;
  // Names that are no path segment have been refused already.
  if (name !== expected && nameIsPathSegment(name, false).length === 0)
    errors.push(invalid('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${goQuote(expected)}`));
  if (group === '' && version !== 'v1')
    errors.push(required(specPath.child('group'), 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') report(errors, specPath.child('group'), group, dns1123SubdomainErrors(group));
  report(errors, specPath.child('version'), version, dns1035LabelErrors(version));
  if (groupPriority <= 0 || groupPriority > groupPriorityMax)
    errors.push(
      invalid(
        specPath.child('groupPriorityMinimum'),
        groupPriority,
        `must be positive and less than ${groupPriorityMax}`,
      ),
    );
  if (versionPriority <= 0 || versionPriority > versionPriorityMax)
    errors.push(
      invalid(
        specPath.child('versionPriority'),
        versionPriority,
        `must be positive and less than ${versionPriorityMax}`,
      ),
    );
  checkServer(errors, spec);
  return errors;
}

function checkServer(errors: Errors, spec: DeepReadonly<APIServiceSpec>): void {
  const { service, caBundle = '', insecureSkipTLSVerify: insecure = false } = spec;
  const insecurePath = specPath.child('insecureSkipTLSVerify');
  if (service === undefined) {
    if (caBundle !== '')
      errors.push(
        invalid(
          specPath.child('caBundle'),
          `${Uint8Array.fromBase64(caBundle).length} bytes`,
          'local APIServices may not have a caBundle',
        ),
      );
    if (insecure) errors.push(invalid(insecurePath, true, 'local APIServices may not have insecureSkipTLSVerify'));
    return;
  }
  const at = specPath.child('service');
  if ((service.namespace ?? '') === '') errors.push(required(at.child('namespace')));
  if ((service.name ?? '') === '') errors.push(required(at.child('name')));
  const { port = 0 } = service;
  const problems = portNumberErrors(port);
  if (problems.length > 0) errors.push(invalid(at.child('port'), port, `port is not valid: ${problems.join(', ')}`));
  if (insecure && caBundle !== '') errors.push(invalid(insecurePath, true, 'may not be true if caBundle is present'));
}

function statusErrors({ status = {} }: ReadonlyService): FieldError[] {
  return (status.conditions ?? []).flatMap((condition, i) =>
    statuses.includes(condition.status)
      ? []
      : [notSupported(field('status', 'conditions').index(i).child('status'), condition.status, statuses)],
  );
}

function availableText({ status }: ReadonlyService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (condition === undefined) return 'Unknown';
  const { status: text, reason = '' } = condition;
  return text === 'True' || reason === '' ? text : `${text} (${reason})`;
}

export const apiServices = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  categories: ['api-extensions'],
  collection: '/registry/apiregistration.k8s.io/apiservices/',
  strategy: {
    unconditionalUpdate: false,
    validateName: nameIsPathSegment,
    defaults({ spec }) {
      if (spec?.service !== undefined) spec.service.port ??= 443;
    },
    prepareForCreate(draft, { now }) {
      draft.status = {};
      // What this server serves itself is there at once.
      if (draft.spec?.service !== undefined) return;
      draft.status.conditions = [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: rfc3339(now),
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ];
    },
    validate: serviceErrors,
    validateUpdate: serviceErrors,
  },
  subresources: { status: { type: 'part', strategy: { validateUpdate: statusErrors }, rows: false } },
  columns: [
    nameColumn(),
    column('Service', 'The reference to the service that hosts this API endpoint.', ({ spec }) =>
      spec?.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`,
    ),
    column('Available', 'Whether this service is available.', availableText),
    ageColumn(),
  ],
});
