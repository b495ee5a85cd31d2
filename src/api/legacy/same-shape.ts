/** Older versions that differ from the current one in nothing, or in the name or the place of a field. */
import type { Kind, KubeObject, Strategy } from '../../machinery/mod.ts';
import { apiServices } from '../apiregistration/api-service.ts';
import { selfSubjectReviews } from '../authentication/self-subject-review.ts';
import { tokenReviews } from '../authentication/token-review.ts';
import { localSubjectAccessReviews } from '../authorization/local-subject-access-review.ts';
import { selfSubjectAccessReviews } from '../authorization/self-subject-access-review.ts';
import { selfSubjectRulesReviews } from '../authorization/self-subject-rules-review.ts';
import { subjectAccessReviews } from '../authorization/subject-access-review.ts';
import { cronJobs } from '../batch/cron-job.ts';
import { leases } from '../coordination/lease.ts';
import { eventStrategy } from '../core/event.ts';
import { newEvents } from '../events/event.ts';
import { runtimeClasses } from '../node/runtime-class.ts';
import { priorityClasses } from '../scheduling/priority-class.ts';
import { csiDrivers } from '../storage/csi-driver.ts';
import { csiNodes } from '../storage/csi-node.ts';
import { csiStorageCapacities } from '../storage/csi-storage-capacity.ts';
import { storageClasses } from '../storage/storage-class.ts';
import { volumeAttachments } from '../storage/volume-attachment.ts';
import { volumeAttributesClasses } from '../storage/volume-attributes-class.ts';
import type { RuntimeClass } from '../upstream/types.ts';
import { legacyKind, type LegacyVersion } from './version.ts';

/** Objects of jobs stay behind when a CronJob of such a version goes. */
const orphaning: Partial<Strategy<KubeObject>> = { orphansDependents: true };

interface OldReview {
  spec?: { group?: string[]; groups?: string[] };
}

function groupToGroups({ spec }: OldReview): void {
  if (spec?.group === undefined) return;
  spec.groups = spec.group;
  delete spec.group;
}

function groupsToGroup({ spec }: OldReview): void {
  if (spec?.groups === undefined) return;
  spec.group = spec.groups;
  delete spec.groups;
}

/** What the class says, in the version where it had a spec. */
interface SpecifiedClass extends Partial<Omit<RuntimeClass, 'metadata'>> {
  spec?: { runtimeHandler: string } & Pick<RuntimeClass, 'overhead' | 'scheduling'>;
}

function classToCurrent(draft: SpecifiedClass): void {
  const { runtimeHandler = '', overhead, scheduling } = draft.spec ?? {};
  delete draft.spec;
  draft.handler = runtimeHandler;
  if (overhead !== undefined) draft.overhead = overhead;
  if (scheduling !== undefined) draft.scheduling = scheduling;
}

function classFromCurrent(draft: SpecifiedClass): void {
  const { handler = '', overhead, scheduling } = draft;
  delete draft.handler;
  delete draft.overhead;
  delete draft.scheduling;
  draft.spec = {
    runtimeHandler: handler,
    ...(overhead === undefined ? {} : { overhead }),
    ...(scheduling === undefined ? {} : { scheduling }),
  };
}

const review = { toCurrent: groupToGroups, fromCurrent: groupsToGroup };
const beta1 = (since: number, until: number): LegacyVersion => ({ version: 'v1beta1', deprecated: [since, until] });
/** Most alpha versions went without having been deprecated. */
const alpha1 = (...minors: [] | [since: number, until: number]): LegacyVersion => ({
  version: 'v1alpha1',
  ...(minors.length === 0 ? {} : { deprecated: minors }),
});

/** Kinds with their older versions. */
const versions: readonly (readonly [kind: unknown, ...LegacyVersion[]])[] = [
  [newEvents, { ...beta1(22, 25), instead: null, strategy: eventStrategy }],
  [selfSubjectReviews, { ...beta1(30, 33), instead: null }, { ...alpha1(29, 32), instead: null }],
  [tokenReviews, beta1(19, 22)],
  [localSubjectAccessReviews, { ...beta1(19, 22), ...review }],
  [selfSubjectAccessReviews, beta1(19, 22)],
  [selfSubjectRulesReviews, beta1(19, 22)],
  [subjectAccessReviews, { ...beta1(19, 22), ...review }],
  [
    cronJobs,
    { ...beta1(21, 25), strategy: orphaning },
    {
      version: 'v2alpha1',
      strategy: orphaning,
      hidden: [
        ['spec', 'timeZone'],
        ['status', 'lastSuccessfulTime'],
      ],
    },
  ],
  [csiDrivers, beta1(19, 22)],
  [csiNodes, beta1(17, 22)],
  [csiStorageCapacities, beta1(24, 27), { ...alpha1(21, 24), instead: 'storage.k8s.io/v1beta1' }],
  [storageClasses, beta1(19, 22)],
  [volumeAttachments, beta1(19, 22), alpha1(21, 24)],
  [volumeAttributesClasses, alpha1(32, 35)],
  [priorityClasses, beta1(14, 22), alpha1()],
  [leases, beta1(19, 22)],
  [
    runtimeClasses,
    { ...beta1(22, 25), instead: null },
    { ...alpha1(), toCurrent: classToCurrent, fromCurrent: classFromCurrent },
  ],
  [apiServices, beta1(19, 22)],
];

export const legacySameShape: readonly Kind[] = versions.flatMap(([kind, ...older]) =>
  older.map((version) => legacyKind(kind as Kind, version)),
);
