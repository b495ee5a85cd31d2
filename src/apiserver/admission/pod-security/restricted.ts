/** Level restricted: what a pod has to give up to be as harmless as it can be. By upstream's names of the checks, in order. */
import type { Volume } from '../../../api/mod.ts';
import type { DeepReadonly } from '../../../base/mod.ts';
import { addedBeyond, procMount, seccompProfile } from './baseline.ts';
import {
  containersOf,
  hasOwnUsers,
  isWindows,
  named,
  namesOf,
  plural,
  quoted,
  setters,
  sorted,
  uses,
  type Check,
  type Judged,
  type Violation,
} from './check.ts';

const volumeTypes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

function privilegeEscalation({ spec }: Judged): Violation | undefined {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return bad.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${named('container', namesOf(bad))} must set securityContext.allowPrivilegeEscalation=false`,
      };
}

function capabilities(judged: Judged): Violation | undefined {
  const keeping = containersOf(judged.spec).filter(
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const { containers, added } = addedBeyond(judged, ['NET_BIND_SERVICE']);
  const details = [
    ...(keeping.length > 0
      ? [`${named('container', namesOf(keeping))} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(containers.length > 0
      ? [
          `${named('container', namesOf(containers))} must not include ${quoted(added)} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function restrictedVolumes({ spec }: Judged): Violation | undefined {
  const typeOf = ({ name: _, ...source }: DeepReadonly<Volume>): string => {
    const types = Object.keys(source);
    return types.find((type) => volumeTypes.includes(type)) ?? types[0] ?? 'unknown';
  };
  const bad = (spec.volumes ?? []).filter((volume) => !volumeTypes.includes(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const names = bad.map(({ name }) => name);
  return {
    reason: 'restricted volume types',
    detail: `${named('volume', names)} ${uses(bad)} ${plural('restricted volume type', types)} ${quoted(types)}`,
  };
}

function runAsNonRoot({ spec }: Judged): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const pod = spec.securityContext?.runAsNonRoot;
  const all = containersOf(spec);
  const bad = all.filter(({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (pod === false || bad.length > 0)
    return { reason, detail: `${setters(pod === false, bad)} must not set securityContext.runAsNonRoot=false` };
  const silent = all.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return pod === true || silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${named('container', namesOf(silent))} must set securityContext.runAsNonRoot=true` };
}

function runAsUser({ spec }: Judged): Violation | undefined {
  const pod = spec.securityContext?.runAsUser === 0;
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsUser === 0);
  return !pod && bad.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${setters(pod, bad)} must not set runAsUser=0` };
}

function seccomp(judged: Judged): Violation | undefined {
  const unsafe = seccompProfile(judged);
  if (unsafe !== undefined || judged.spec.securityContext?.seccompProfile !== undefined) return unsafe;
  const silent = containersOf(judged.spec).filter(
    ({ securityContext }) => securityContext?.seccompProfile === undefined,
  );
  return silent.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `pod or ${named('container', namesOf(silent))} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      };
}

type Judge = Check['since'][number][1];

/** Windows knows nothing of it. */
const onLinux =
  (judge: Judge): Judge =>
  (judged) =>
    isWindows(judged.spec) ? undefined : judge(judged);
const withHostUsers =
  (judge: Judge): Judge =>
  (judged) =>
    hasOwnUsers(judged.spec) ? undefined : judge(judged);

export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: [
      [8, privilegeEscalation],
      [25, onLinux(privilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    overrides: ['capabilities_baseline'],
    since: [
      [22, capabilities],
      [25, onLinux(capabilities)],
    ],
  },
  { id: 'procMount_restricted', overrides: ['procMount'], since: [[35, procMount]] },
  { id: 'restrictedVolumes', overrides: ['hostPathVolumes'], since: [[0, restrictedVolumes]] },
  {
    id: 'runAsNonRoot',
    since: [
      [0, runAsNonRoot],
      [35, withHostUsers(runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    since: [
      [23, runAsUser],
      [35, withHostUsers(runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    overrides: ['seccompProfile_baseline'],
    since: [
      [19, seccomp],
      [25, onLinux(seccomp)],
    ],
  },
];
