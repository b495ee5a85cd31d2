/** PodNodeSelector: a namespace says on which nodes its pods run, and its configuration which labels they may ask for. */
import { namespaces, type Pod } from '../../api/mod.ts';
import { HostError, isJsonObject } from '../../base/mod.ts';
import { ApiError, parseLabelSelector, type Labels } from '../../machinery/mod.ts';
import { forbidden, isOfPods, podSpecOf, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

const annotation = 'scheduler.alpha.kubernetes.io/node-selector';
const clusterDefault = 'clusterDefaultNodeSelector';

function pluginWith(settings: Readonly<Record<string, string>>): AdmissionPlugin {
  return {
    name: 'PodNodeSelector',
    off: true,
    on: ['pods'],
    configured: ({ podNodeSelectorPluginConfig: given = {} }) => {
      if (!isJsonObject(given) || !Object.values(given).every((value) => typeof value === 'string'))
        throw new HostError('Configuration', 'podNodeSelectorPluginConfig maps names of namespaces to label selectors');
      return pluginWith(given as Record<string, string>);
    },
    mutate(request) {
      const spec = podSpecOf(request, 'CREATE');
      if (spec === undefined) return;
      const own = namespaceLabels(request, settings);
      const asked = spec.nodeSelector ?? {};
      if (Object.entries(own).some(([name, value]) => asked[name] !== undefined && asked[name] !== value))
        throw forbidden(request, 'pod node label selector conflicts with its namespace node label selector');
      if (Object.keys(own).length > 0) spec.nodeSelector = { ...own, ...asked };
    },
    validate(request) {
      if (!isOfPods(request, 'CREATE')) return;
      const asked = (request.draft as Pod).spec?.nodeSelector ?? {};
      const allowed = labelsOf(settings[request.namespace ?? ''] ?? '');
      if (Object.keys(allowed).length === 0) return;
      if (Object.entries(asked).some(([name, value]) => allowed[name] !== value))
        throw forbidden(request, 'pod node label selector labels conflict with its namespace whitelist');
    },
  };
}

export const podNodeSelector = pluginWith({});

function namespaceLabels(
  { objects, namespace = '' }: AdmissionRequest,
  settings: Readonly<Record<string, string>>,
): Labels {
  const found = objects.get(namespaces, namespace);
  if (found === undefined) throw ApiError.notFound(namespaces, namespace);
  return labelsOf(found.metadata.annotations?.[annotation] ?? settings[clusterDefault] ?? '');
}

/** `a=b,c=d` as labels. */
function labelsOf(text: string): Labels {
  return Object.fromEntries(parseLabelSelector(text).requirements.map(({ key, values }) => [key, values[0] ?? '']));
}
