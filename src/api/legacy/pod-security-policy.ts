/**
 * PodSecurityPolicy: kept and served, so that manifests and roles that name one can be applied. Nothing enforces it: what pods
 * may do is said by the labels of their namespace.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  nameColumn,
  notSupported,
  type Facts,
  type FieldPath,
  type Kind,
  type KubeObject,
} from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { legacyKind } from './version.ts';

interface Ranged {
  rule?: string;
  ranges?: { min?: number; max?: number }[];
}

interface PodSecurityPolicy extends KubeObject {
  spec?: {
    privileged?: boolean;
    allowedCapabilities?: string[];
    requiredDropCapabilities?: string[];
    defaultAddCapabilities?: string[];
    volumes?: string[];
    hostPorts?: { min?: number; max?: number }[];
    seLinux?: Ranged;
    runAsUser?: Ranged;
    runAsGroup?: Ranged;
    supplementalGroups?: Ranged;
    fsGroup?: Ranged;
    readOnlyRootFilesystem?: boolean;
    allowPrivilegeEscalation?: boolean;
    defaultAllowPrivilegeEscalation?: boolean;
  };
}

const specPath = field('spec');
const userRules = ['MustRunAs', 'MustRunAsNonRoot', 'RunAsAny'];
const groupRules = ['MayRunAs', 'MustRunAs', 'RunAsAny'];

function checkRule(errors: Errors, given: DeepReadonly<Ranged> | undefined, rules: readonly string[], path: FieldPath) {
  const { rule = '', ranges = [] } = given ?? {};
  if (!rules.includes(rule)) errors.push(notSupported(path.child('rule'), rule, rules));
  for (const [i, { min = 0, max = 0 }] of ranges.entries()) {
    const at = path.child('ranges').index(i);
    if (min < 0) errors.push(invalid(at.child('min'), min, 'must be greater than or equal to 0'));
    if (max < 0) errors.push(invalid(at.child('max'), max, 'must be greater than or equal to 0'));
    if (min > max) errors.push(invalid(at.child('min'), min, 'min cannot be greater than max'));
  }
}

function policyErrors({ spec = {} }: DeepReadonly<PodSecurityPolicy>): Errors {
  const errors: Errors = [];
  checkRule(errors, spec.runAsUser, userRules, specPath.child('runAsUser'));
  if (spec.runAsGroup !== undefined) checkRule(errors, spec.runAsGroup, groupRules, specPath.child('runAsGroup'));
  checkRule(errors, spec.seLinux, ['MustRunAs', 'RunAsAny'], specPath.child('seLinux'));
  checkRule(errors, spec.supplementalGroups, groupRules, specPath.child('supplementalGroups'));
  checkRule(errors, spec.fsGroup, groupRules, specPath.child('fsGroup'));
  const required = new Set(spec.requiredDropCapabilities);
  for (const list of ['defaultAddCapabilities', 'allowedCapabilities'] as const)
    for (const capability of spec[list] ?? [])
      if (required.has(capability))
        errors.push(invalid(specPath.child(list), capability, 'capability is listed in both lists'));
  if (spec.defaultAllowPrivilegeEscalation === true && spec.allowPrivilegeEscalation === false)
    errors.push(
      invalid(
        specPath.child('defaultAllowPrivilegeEscalation'),
        true,
        'Cannot set DefaultAllowPrivilegeEscalation to true without also setting AllowPrivilegeEscalation to true',
      ),
    );
  return errors;
}

type Rule = 'seLinux' | 'runAsUser' | 'fsGroup' | 'supplementalGroups';
const ruleColumn = (name: string, rule: Rule) =>
  column<PodSecurityPolicy>(name, 'The rule of the policy.', ({ spec }) => spec?.[rule]?.rule ?? '');

const schema = 'io.k8s.api.policy.v1beta1.PodSecurityPolicy';

const policies = defineKind<PodSecurityPolicy>({
  group: 'policy',
  version: 'v1beta1',
  kind: 'PodSecurityPolicy',
  plural: 'podsecuritypolicies',
  listKind: 'PodSecurityPolicyList',
  namespaced: false,
  schema,
  versions: [
    {
      version: 'v1beta1',
      schema,
      deprecated: 'policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+',
    },
  ],
  collection: '/registry/podsecuritypolicy/',
  shortNames: ['psp'],
  strategy: {
    unconditionalUpdate: false,
    defaults({ spec }) {
      if (spec !== undefined) spec.allowPrivilegeEscalation ??= true;
    },
    validate: policyErrors,
    validateUpdate: policyErrors,
  },
  columns: [
    nameColumn(),
    column('Priv', 'Whether containers may be privileged.', ({ spec }) => String(spec?.privileged === true)),
    column('Caps', 'The capabilities that containers may add.', ({ spec }) =>
      (spec?.allowedCapabilities ?? []).join(','),
    ),
    ruleColumn('Selinux', 'seLinux'),
    ruleColumn('RunAsUser', 'runAsUser'),
    ruleColumn('FsGroup', 'fsGroup'),
    ruleColumn('Supgroup', 'supplementalGroups'),
    column('ReadOnlyRootFs', 'Whether the root file system may only be read.', ({ spec }) =>
      String(spec?.readOnlyRootFilesystem === true),
    ),
    column('Volumes', 'The kinds of volumes that pods may have.', ({ spec }) => (spec?.volumes ?? []).join(',')),
    ageColumn(),
  ],
});

const kind = policies as unknown as Kind;

export const podSecurityPolicies: readonly Kind[] = [
  kind,
  legacyKind(kind, { group: 'extensions', version: 'v1beta1', deprecated: [11, 16] }),
];

type Types = Facts['types'];
type Fields = Types[string]['fields'];

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const strings = (number: number): Fields[string] => ({ type: '[]string', number, listType: 'atomic' });
const flag = (number: number): Fields[string] => ({ type: 'bool', number });
const count = (number: number, type: 'int32' | 'int64'): Fields[string] => ({
  type,
  number,
  required: true,
  always: true,
});

const rule: Fields[string] = { type: 'string', number: 1 };
const requiredText: Fields[string] = { type: 'string', number: 1, required: true, always: true };

type NameOf = (type: string) => string;

function specFields(name: NameOf): Fields {
  const list = (type: string, number: number): Fields[string] => ({
    type: `[]${name(type)}`,
    number,
    listType: 'atomic',
  });
  const options = (type: string, number: number): Fields[string] => ({
    type: name(type),
    number,
    required: true,
    always: true,
  });
  return {
    privileged: flag(1),
    defaultAddCapabilities: strings(2),
    requiredDropCapabilities: strings(3),
    allowedCapabilities: strings(4),
    volumes: strings(5),
    hostNetwork: flag(6),
    hostPorts: list('HostPortRange', 7),
    hostPID: flag(8),
    hostIPC: flag(9),
    seLinux: options('SELinuxStrategyOptions', 10),
    runAsUser: options('RunAsUserStrategyOptions', 11),
    runAsGroup: { type: name('RunAsGroupStrategyOptions'), number: 22, pointer: true },
    supplementalGroups: options('SupplementalGroupsStrategyOptions', 12),
    fsGroup: options('FSGroupStrategyOptions', 13),
    readOnlyRootFilesystem: flag(14),
    defaultAllowPrivilegeEscalation: { type: 'bool', number: 15, pointer: true },
    allowPrivilegeEscalation: { type: 'bool', number: 16, pointer: true },
    allowedHostPaths: list('AllowedHostPath', 17),
    allowedFlexVolumes: list('AllowedFlexVolume', 18),
    allowedCSIDrivers: list('AllowedCSIDriver', 23),
    allowedUnsafeSysctls: strings(19),
    forbiddenSysctls: strings(20),
    allowedProcMountTypes: strings(21),
    runtimeClass: { type: name('RuntimeClassStrategyOptions'), number: 24, pointer: true },
  };
}

/** What the spec is made of. */
function partFields(name: NameOf): Readonly<Record<string, Fields>> {
  const ranges: Fields[string] = { type: `[]${name('IDRange')}`, number: 2, listType: 'atomic' };
  return {
    HostPortRange: { min: count(1, 'int32'), max: count(2, 'int32') },
    IDRange: { min: count(1, 'int64'), max: count(2, 'int64') },
    SELinuxStrategyOptions: {
      rule: requiredText,
      seLinuxOptions: { type: 'io.k8s.api.core.v1.SELinuxOptions', number: 2, pointer: true },
    },
    RunAsUserStrategyOptions: { rule: requiredText, ranges },
    RunAsGroupStrategyOptions: { rule: requiredText, ranges },
    SupplementalGroupsStrategyOptions: { rule, ranges },
    FSGroupStrategyOptions: { rule, ranges },
    AllowedHostPath: { pathPrefix: { type: 'string', number: 1 }, readOnly: flag(2) },
    AllowedFlexVolume: { driver: requiredText },
    AllowedCSIDriver: { name: requiredText },
    RuntimeClassStrategyOptions: {
      allowedRuntimeClassNames: { type: '[]string', number: 1, required: true, always: true, listType: 'atomic' },
      defaultRuntimeClassName: { type: 'string', number: 2, pointer: true },
    },
  };
}

/** The types as the last Kubernetes that had them published them; they are the same in both groups. */
function typesIn(group: string): Types {
  const name: NameOf = (type) => `io.k8s.api.${group}.v1beta1.${type}`;
  const gvks = (kind: string) => [{ group, version: 'v1beta1', kind }];
  const types: Types = {
    ...Object.fromEntries(Object.entries(partFields(name)).map(([type, fields]) => [type, { fields }])),
    PodSecurityPolicySpec: { fields: specFields(name) },
    PodSecurityPolicy: {
      gvks: gvks('PodSecurityPolicy'),
      fields: {
        metadata: { type: `${meta}.ObjectMeta`, number: 1, always: true },
        spec: { type: name('PodSecurityPolicySpec'), number: 2, always: true },
      },
    },
    PodSecurityPolicyList: {
      gvks: gvks('PodSecurityPolicyList'),
      fields: {
        metadata: { type: `${meta}.ListMeta`, number: 1, always: true },
        items: { type: `[]${name('PodSecurityPolicy')}`, number: 2, required: true, always: true },
      },
    },
  };
  return Object.fromEntries(Object.entries(types).map(([type, facts]) => [name(type), facts]));
}

/** What the facts of the current version do not know any more. */
export const podSecurityPolicyTypes = (): Types => ({ ...typesIn('policy'), ...typesIn('extensions') });
