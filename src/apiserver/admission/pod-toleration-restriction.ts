/** PodTolerationRestriction: a namespace says which taints its pods tolerate by themselves, and which at most. */
import { namespaces, qosClassOf, type Namespace, type Toleration } from '../../api/mod.ts';
import { HostError, type DeepReadonly } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import { podSpecOf, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import { allAllowed, mergeTolerations } from './tolerations.ts';

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const allowedAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
const memoryPressure: Toleration = {
  key: 'node.kubernetes.io/memory-pressure',
  operator: 'Exists',
  effect: 'NoSchedule',
};

interface Settings {
  readonly defaults: readonly Toleration[];
  readonly allowed: readonly Toleration[];
}

function pluginWith(settings: Settings): AdmissionPlugin {
  return {
    name: 'PodTolerationRestriction',
    off: true,
    on: ['pods'],
    configured: ({ default: defaults = [], whitelist = [] }) => {
      if (!Array.isArray(defaults) || !Array.isArray(whitelist))
        throw new HostError(
          'Configuration',
          'PodTolerationRestriction: default and whitelist are lists of tolerations',
        );
      return pluginWith({ defaults, allowed: whitelist });
    },
    mutate(request) {
      const spec = podSpecOf(request, 'CREATE', 'UPDATE');
      if (spec === undefined) return;
      const own = request.operation === 'CREATE' ? (annotated(request, defaultsAnnotation) ?? settings.defaults) : [];
      const extra = qosClassOf(spec) === 'BestEffort' ? [] : [memoryPressure];
      const added = [...own, ...extra];
      if (added.length > 0) spec.tolerations = mergeTolerations(spec.tolerations ?? [], added);
    },
    validate(request) {
      const { tolerations = [] } = podSpecOf(request, 'CREATE', 'UPDATE') ?? {};
      if (tolerations.length === 0) return;
      const allowed = annotated(request, allowedAnnotation) ?? settings.allowed;
      if (allowed.length > 0 && !allAllowed(tolerations, allowed))
        throw ApiError.internal(
          'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
        );
    },
  };
}

export const podTolerationRestriction = pluginWith({ defaults: [], allowed: [] });

/** The tolerations in an annotation of the namespace; undefined where it says nothing. */
function annotated(
  { objects, namespace = '' }: AdmissionRequest,
  annotation: string,
): readonly DeepReadonly<Toleration>[] | undefined {
  const found: DeepReadonly<Namespace> | undefined = objects.get(namespaces, namespace);
  if (found === undefined) throw ApiError.notFound(namespaces, namespace);
  const text = found.metadata.annotations?.[annotation] ?? '';
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as Toleration[];
  } catch (cause) {
    throw ApiError.internal(`the annotation ${annotation} of namespace ${namespace} is no JSON`, cause);
  }
}
