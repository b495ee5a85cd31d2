/** DefaultTolerationSeconds: a pod stays for five minutes on a node that is not ready or not reachable, unless it says otherwise. */
import type { Toleration } from '../../api/mod.ts';
import type { JsonObject } from '../../base/mod.ts';
import { podSpecOf, type AdmissionPlugin } from './admission.ts';

const secondsUsual = 300;
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** `seconds` by taint: what flags of the API server say. */
function pluginWith(seconds: JsonObject): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    on: ['pods'],
    configured: pluginWith,
    mutate(request) {
      const spec = podSpecOf(request, 'CREATE', 'UPDATE');
      if (spec === undefined) return;
      const missing = taints.filter(
        (taint) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
      );
      if (missing.length === 0) return;
      const timed = (key: string): Toleration => {
        const given = seconds[key];
        const tolerationSeconds = typeof given === 'number' ? given : secondsUsual;
        return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds };
      };
      spec.tolerations = [...(spec.tolerations ?? []), ...missing.map(timed)];
    },
  };
}

export const defaultTolerationSeconds = pluginWith({});

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute');
}
