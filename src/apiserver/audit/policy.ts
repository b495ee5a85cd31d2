/** The audit policy: of which requests how much is told. The first rule that matches decides; without one nothing is. */
import { parse as parseYaml } from 'yaml';
import { errorText, HostError, isJsonObject, shapeErrors, type Shape } from '../../base/mod.ts';
import { field, fieldErrorsText, notSupported, required, type FieldError, type UserInfo } from '../../machinery/mod.ts';
import type { RequestInfo } from '../http/request-info.ts';

export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

const levels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface PolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

interface PolicyDocument {
  readonly rules?: readonly PolicyRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What the policy says of one request. */
export interface AuditVerdict {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

const strings: Shape = { list: 'string' };
const shape: Shape = {
  fields: {
    kind: 'string',
    apiVersion: 'string',
    metadata: 'anything',
    omitStages: strings,
    omitManagedFields: 'boolean',
    rules: {
      list: {
        fields: {
          level: 'string',
          users: strings,
          userGroups: strings,
          verbs: strings,
          resources: { list: { fields: { group: 'string', resources: strings, resourceNames: strings } } },
          namespaces: strings,
          nonResourceURLs: strings,
          omitStages: strings,
          omitManagedFields: 'boolean',
        },
      },
    },
  },
};

export class AuditPolicy {
  readonly #document: PolicyDocument;

  private constructor(document: PolicyDocument) {
    this.#document = document;
  }

  /** Throws HostError `InvalidConfiguration`. */
  static parse(text: string, path: string): AuditPolicy {
    const wrong = (message: string): HostError =>
      new HostError('InvalidConfiguration', `loading audit policy file: ${message}: from file ${path}`);
    let document: unknown;
    try {
      document = parseYaml(text);
    } catch (error) {
      throw wrong(`failed decoding: ${errorText(error)}`);
    }
    if (!isJsonObject(document) || document['kind'] !== 'Policy' || document['apiVersion'] !== 'audit.k8s.io/v1')
      throw wrong('failed decoding: expected a Policy of audit.k8s.io/v1');
    const findings = shapeErrors(document, shape);
    if (findings.length > 0) throw wrong(`failed decoding: strict decoding error: ${findings.join(', ')}`);
    const policy = document as unknown as PolicyDocument;
    const errors = validate(policy);
    if (errors.length > 0) throw wrong(fieldErrorsText(errors));
    if ((policy.rules ?? []).length === 0) throw wrong('loaded illegal policy with 0 rules');
    return new AuditPolicy(policy);
  }

  /** `user` is undefined for a request that nobody could be found to have sent. */
  verdict(user: UserInfo | undefined, method: string, info: RequestInfo): AuditVerdict {
    const { rules = [], omitStages = [], omitManagedFields = false } = this.#document;
    const rule = rules.find((candidate) => matches(candidate, user, method, info));
    return {
      level: rule?.level ?? 'None',
      omitStages: [...omitStages, ...(rule?.omitStages ?? [])],
      omitManagedFields: rule?.omitManagedFields ?? omitManagedFields,
    };
  }
}

function validate({ rules = [], omitStages = [] }: PolicyDocument): FieldError[] {
  const wrongStages = (list: readonly AuditStage[], path: string): FieldError[] =>
    list.flatMap((stage, i) => (stages.includes(stage) ? [] : [notSupported(`${path}[${i}]`, stage, stages)]));
  return [
    ...wrongStages(omitStages, 'omitStages'),
    ...rules.flatMap((rule, i) => {
      const at = field('rules').index(i);
      const level: string | undefined = rule.level;
      const errors: FieldError[] = [];
      if (level === undefined || level === '') errors.push(required(at.child('level')));
      else if (!levels.includes(rule.level)) errors.push(notSupported(at.child('level'), level, levels));
      if ((rule.nonResourceURLs ?? []).length > 0 && (rule.resources ?? rule.namespaces ?? []).length > 0)
        errors.push({
          type: 'FieldValueInvalid',
          field: at.child('nonResourceURLs').toString(),
          badValue: rule.nonResourceURLs,
          detail: 'rules cannot apply to both regular resources and non-resource URLs',
        });
      return [...errors, ...wrongStages(rule.omitStages ?? [], at.child('omitStages').toString())];
    }),
  ];
}

function named(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

function matches(rule: PolicyRule, user: UserInfo | undefined, method: string, info: RequestInfo): boolean {
  if (named(rule.users) && (user === undefined || !rule.users.includes(user.username))) return false;
  if (named(rule.userGroups) && !rule.userGroups.some((group) => user?.groups.includes(group) === true)) return false;
  if (named(rule.verbs) && !rule.verbs.includes(info.resource?.verb ?? method.toLowerCase())) return false;
  if (named(rule.namespaces) || (rule.resources ?? []).length > 0) return matchesResource(rule, info);
  if (named(rule.nonResourceURLs))
    return (
      info.resource === undefined &&
      rule.nonResourceURLs.some((url) =>
        url.endsWith('*') ? info.path.startsWith(url.slice(0, -1)) : url === info.path,
      )
    );
  return true;
}

function matchesResource({ namespaces, resources = [] }: PolicyRule, { resource: asked }: RequestInfo): boolean {
  if (asked === undefined) return false;
  if (named(namespaces) && !namespaces.includes(asked.namespace ?? '')) return false;
  if (resources.length === 0) return true;
  const { subresource } = asked;
  const whole = subresource === undefined ? asked.resource : `${asked.resource}/${subresource}`;
  return resources.some(({ group = '', resources: names, resourceNames }) => {
    if (group !== asked.group) return false;
    if (!named(names)) return true;
    if (named(resourceNames) && !resourceNames.includes(asked.name ?? '')) return false;
    return names.some(
      (name) =>
        name === '*' ||
        name === whole ||
        (subresource !== undefined && (name === `*/${subresource}` || name === `${asked.resource}/*`)),
    );
  });
}
