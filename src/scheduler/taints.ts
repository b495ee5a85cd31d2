/** Which taints a pod tolerates. */
import type { Taint, Toleration } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { toleratesTaint } from '../machinery/mod.ts';

type TaintView = DeepReadonly<Taint>;
type Tolerations = readonly DeepReadonly<Toleration>[];

export function tolerated(tolerations: Tolerations, taint: TaintView): boolean {
  for (const toleration of tolerations) if (toleratesTaint(toleration, taint)) return true;
  return false;
}

/** The first taint that keeps the pod away. PreferNoSchedule does not. */
export function untoleratedTaint(taints: readonly TaintView[], tolerations: Tolerations): TaintView | undefined {
  for (const taint of taints) {
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') continue;
    if (!tolerated(tolerations, taint)) return taint;
  }
  return undefined;
}
