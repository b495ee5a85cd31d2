/** DefaultTolerationSeconds: a pod stays for five minutes on a node that is not ready or not reachable, unless it says otherwise. */
import type { Pod, Toleration } from '../../api/mod.ts';
import { isOfPods, type AdmissionPlugin } from './admission.ts';

const seconds = 300;
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  on: ['pods'],
  mutate(request) {
    if (!isOfPods(request, 'CREATE', 'UPDATE')) return;
    const { spec } = request.draft as Pod;
    if (spec === undefined) return;
    const missing = taints.filter(
      (taint) => !(spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
    );
    if (missing.length === 0) return;
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds })),
    ];
  },
};

function tolerates({ key = '', effect = '' }: Toleration, taint: string): boolean {
  return (key === '' || key === taint) && (effect === '' || effect === 'NoExecute');
}
