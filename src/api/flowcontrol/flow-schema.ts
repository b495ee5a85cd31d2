/** FlowSchema: which requests belong to a priority level, and which of them to the same flow. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  invalid,
  nameColumn,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import { internalForm } from '../internal-form.ts';
import { keepMetadata } from '../status-metadata.ts';
import type {
  FlowcontrolV1Subject,
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../upstream/types.ts';
import { conditionErrors, flowcontrolGroup } from './group.ts';

type ReadonlySchema = DeepReadonly<FlowSchema>;
type ReadonlySpec = DeepReadonly<FlowSchemaSpec>;

const specPath = field('spec');
const precedenceMax = 10_000;
const distinguishers = ['ByNamespace', 'ByUser'];
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

const everything: DeepReadonly<Pick<PolicyRulesWithSubjects, 'resourceRules' | 'nonResourceRules'>> = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const group = (name: string): FlowcontrolV1Subject => ({ kind: 'Group', group: { name } });

/** The schemas that are always there, in the form that nobody may change. */
export const mandatoryFlowSchemas: Readonly<Record<string, ReadonlySpec>> = {
  exempt: {
    priorityLevelConfiguration: { name: 'exempt' },
    matchingPrecedence: 1,
    rules: [{ subjects: [group('system:masters')], ...everything }],
  },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: precedenceMax,
    distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [group('system:unauthenticated'), group('system:authenticated')], ...everything }],
  },
};

function schemaErrors(schema: ReadonlySchema): FieldError[] {
  const errors: Errors = [];
  const { metadata, spec = { priorityLevelConfiguration: { name: '' } } } = schema;
  const name = metadata.name ?? '';
  checkSpec(errors, spec, name);
  const mandatory = mandatoryFlowSchemas[name];
  if (mandatory !== undefined && !jsonEqual(spec, mandatory))
    errors.push(
      invalid(
        specPath,
        internalForm('io.k8s.api.flowcontrol.v1.FlowSchemaSpec', spec),
        `spec of '${name}' must equal the fixed value`,
      ),
    );
  return [...errors, ...conditionErrors(schema)];
}

function checkSpec(errors: Errors, spec: ReadonlySpec, name: string): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec;
  const precedencePath = specPath.child('matchingPrecedence');
  if (precedence <= 0) errors.push(invalid(precedencePath, precedence, 'must be a positive value'));
  if (precedence > precedenceMax)
    errors.push(invalid(precedencePath, precedence, `must not be greater than ${precedenceMax}`));
  if (precedence === 1 && name !== 'exempt')
    errors.push(invalid(precedencePath, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !distinguishers.includes(distinguisherMethod.type))
    errors.push(notSupported(specPath.child('distinguisherMethod', 'type'), distinguisherMethod, distinguishers));
  const levelPath = specPath.child('priorityLevelConfiguration', 'name');
  const level = spec.priorityLevelConfiguration.name;
  if (level === '') errors.push(required(levelPath, 'must reference a priority level'));
  else report(errors, levelPath, level, nameIsDns1123Subdomain(level, false));
  for (const [i, rule] of rules.entries()) checkRule(errors, rule, specPath.child('rules').index(i));
}

function checkRule(errors: Errors, rule: DeepReadonly<PolicyRulesWithSubjects>, path: FieldPath): void {
  const { resourceRules = [], nonResourceRules = [] } = rule;
  const subjects = rule.subjects ?? [];
  for (const [i, subject] of subjects.entries()) checkSubject(errors, subject, path.child('subjects').index(i));
  if (subjects.length === 0) errors.push(required(path.child('subjects'), 'subjects must contain at least one value'));
  if (resourceRules.length + nonResourceRules.length === 0)
    errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  for (const [i, rule] of resourceRules.entries())
    checkResourceRule(errors, rule, path.child('resourceRules').index(i));
  for (const [i, rule] of nonResourceRules.entries())
    checkNonResourceRule(errors, rule, path.child('nonResourceRules').index(i));
}

const subjectFields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;
type SubjectKind = keyof typeof subjectFields;

function checkSubject(errors: Errors, subject: DeepReadonly<FlowcontrolV1Subject>, path: FieldPath): void {
  const { kind } = subject;
  if (!Object.hasOwn(subjectFields, kind))
    return void errors.push(notSupported(path.child('kind'), kind, ['Group', 'ServiceAccount', 'User']));
  const own = subjectFields[kind as SubjectKind];
  const named = subject[own];
  const at = path.child(own);
  if (named === undefined) errors.push(required(at, `${own} is required when subject kind is '${kind}'`));
  else checkNames(errors, named, own, at);
  // In upstream's order.
  for (const other of ['ServiceAccount', 'User', 'Group'] as const) {
    const name = subjectFields[other];
    if (name !== own && subject[name] !== undefined)
      errors.push(forbidden(path.child(name), `${name} is forbidden when subject kind is not '${other}'`));
  }
}

function checkNames(
  errors: Errors,
  { name, namespace = '' }: { readonly name: string; readonly namespace?: string },
  of: string,
  path: FieldPath,
): void {
  if (name === '') errors.push(required(path.child('name')));
  if (of !== 'serviceAccount') return;
  if (name !== '' && name !== '*') report(errors, path.child('name'), name, nameIsDns1123Subdomain(name, false));
  if (namespace === '') errors.push(required(path.child('namespace'), 'must specify namespace for service account'));
  else report(errors, path.child('namespace'), namespace, nameIsDns1123Label(namespace, false));
}

function checkVerbs(errors: Errors, wanted: readonly string[], path: FieldPath): void {
  if (wanted.length === 0) errors.push(required(path, 'verbs must contain at least one value'));
  else if (wanted.includes('*')) checkAlone(errors, wanted, path, 'verbs');
  else if (!wanted.every((verb) => verbs.includes(verb))) errors.push(notSupported(path, wanted, verbs));
}

/** `*` stands for all; to name more makes no sense. */
function checkAlone(errors: Errors, values: readonly string[], path: FieldPath, what: string): void {
  if (values.length > 1 && values.includes('*'))
    errors.push(invalid(path, values, `if '*' is present, must not specify other ${what}`));
}

function checkResourceRule(errors: Errors, rule: DeepReadonly<ResourcePolicyRule>, path: FieldPath): void {
  const { clusterScope = false } = rule;
  // What is left out of these lists is null.
  const [apiGroups, resources, namespaces] = [rule.apiGroups ?? [], rule.resources ?? [], rule.namespaces ?? []];
  checkVerbs(errors, rule.verbs ?? [], path.child('verbs'));
  if (apiGroups.length === 0)
    errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'));
  checkAlone(errors, apiGroups, path.child('apiGroups'), 'api groups');
  if (resources.length === 0)
    errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'));
  checkAlone(errors, resources, path.child('resources'), 'resources');
  const at = path.child('namespaces');
  if (namespaces.length === 0 && !clusterScope)
    errors.push(required(at, 'resource rules that are not cluster scoped must supply at least one namespace'));
  else if (namespaces.includes('*')) checkAlone(errors, namespaces, at, 'namespaces');
  else
    for (const [i, namespace] of namespaces.entries())
      for (const problem of nameIsDns1123Label(namespace, false))
        errors.push(
          invalid(at.index(i), namespace, `each member of this list must be '*' or a DNS-1123 label; ${problem}`),
        );
}

function checkNonResourceRule(errors: Errors, rule: DeepReadonly<NonResourcePolicyRule>, path: FieldPath): void {
  checkVerbs(errors, rule.verbs ?? [], path.child('verbs'));
  const at = path.child('nonResourceURLs');
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length === 0) errors.push(required(at, 'nonResourceURLs must contain at least one value'));
  else if (urls.includes('*')) checkAlone(errors, urls, at, 'non-resource URLs');
  else
    for (const [i, url] of urls.entries()) {
      const problem = urlProblem(url);
      if (problem !== undefined) errors.push(invalid(at.index(i), url, problem));
    }
}

function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const star = path.indexOf('*');
  return star < 0 || (star === path.length - 1 && path.endsWith('/*'))
    ? undefined
    : 'wildcard can only do suffix matching';
}

export const flowSchemas = defineKind<FlowSchema>({
  group: flowcontrolGroup,
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  strategy: {
    generation: true,
    defaults({ spec }) {
      if (spec !== undefined && (spec.matchingPrecedence ?? 0) === 0) spec.matchingPrecedence = 1000;
    },
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: schemaErrors,
    validateUpdate: schemaErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: conditionErrors } },
  },
  table: {
    compare(a, b) {
      const first = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0);
      return first === 0 ? ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1) : first;
    },
  },
  columns: [
    nameColumn(),
    column('PriorityLevel', 'The level of the requests.', ({ spec }) => spec?.priorityLevelConfiguration.name ?? ''),
    // A string by its declaration, a number as it is sent.
    column(
      'MatchingPrecedence',
      'The schema with the lowest number wins.',
      ({ spec }) => spec?.matchingPrecedence ?? 0,
    ),
    column(
      'DistinguisherMethod',
      'How requests are told apart.',
      ({ spec }) => spec?.distinguisherMethod?.type ?? none,
    ),
    ageColumn(),
    column(
      'MissingPL',
      'references a broken or non-existent PriorityLevelConfiguration',
      ({ status }) => status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ),
  ],
});
