/** Roles and bindings before v1. In v1alpha1 a subject had an apiVersion, and the user `*` was everybody with a name. */
import type { Kind } from '../../machinery/mod.ts';
import { clusterRoleBindings } from '../rbac/cluster-role-binding.ts';
import { clusterRoles } from '../rbac/cluster-role.ts';
import { roleBindings } from '../rbac/role-binding.ts';
import { roles } from '../rbac/role.ts';
import { rbacGroup } from '../rbac/rules.ts';
import type { Subject } from '../upstream/types.ts';
import { legacyKind, type LegacyVersion } from './version.ts';

interface VersionedSubject extends Subject {
  apiVersion?: string;
}

interface Binding {
  subjects?: VersionedSubject[];
}

const alphaVersion = `${rbacGroup}/v1alpha1`;
/** The group of everybody who was authenticated. */
const authenticated = 'system:authenticated';

function groupOf({ kind, apiVersion = '' }: VersionedSubject): string {
  if (kind === 'ServiceAccount') return '';
  if (kind === 'User' || kind === 'Group') return rbacGroup;
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function toCurrent({ subjects }: Binding): void {
  for (const subject of subjects ?? []) {
    const group = groupOf(subject);
    delete subject.apiVersion;
    if (group !== '') subject.apiGroup = group;
    if (subject.kind !== 'User' || subject.name !== '*') continue;
    subject.kind = 'Group';
    subject.name = authenticated;
  }
}

function fromCurrent({ subjects }: Binding): void {
  for (const subject of subjects ?? []) {
    const { kind, apiGroup = '' } = subject;
    delete subject.apiGroup;
    if (kind === 'ServiceAccount' && apiGroup === '') subject.apiVersion = 'v1';
    else if ((kind === 'User' || kind === 'Group') && apiGroup === rbacGroup) subject.apiVersion = alphaVersion;
    else if (apiGroup !== '') subject.apiVersion = `${apiGroup}/`;
  }
}

const current = [clusterRoleBindings, clusterRoles, roleBindings, roles] as unknown as readonly Kind[];
const beta1: LegacyVersion = { version: 'v1beta1', deprecated: [17, 22] };
const alpha1: LegacyVersion = { version: 'v1alpha1' };

export const legacyRbac: readonly Kind[] = [
  ...current.map((kind) => legacyKind(kind, beta1)),
  ...current.map((kind) =>
    legacyKind(kind, kind.plural.endsWith('bindings') ? { ...alpha1, toCurrent, fromCurrent } : alpha1),
  ),
];
