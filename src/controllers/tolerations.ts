/** Which taints a pod tolerates, and for how long. */
import type { DeepReadonly } from '../base/mod.ts';
import type { Taint, Toleration } from '../api/mod.ts';

type ReadTaint = DeepReadonly<Taint>;
type ReadToleration = DeepReadonly<Toleration>;

function tolerates(
  { key = '', operator = 'Equal', value = '', effect = '' }: ReadToleration,
  taint: ReadTaint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return operator === 'Equal' && key !== '' && value === (taint.value ?? '');
}

/** How long these taints are tolerated, in seconds: 0 not at all, Infinity for ever. */
export function toleratedSeconds(taints: readonly ReadTaint[], tolerations: readonly ReadToleration[]): number {
  let seconds = Infinity;
  for (const taint of taints) {
    const toleration = tolerations.find((candidate) => tolerates(candidate, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined)
      seconds = Math.min(seconds, Math.max(0, toleration.tolerationSeconds));
  }
  return seconds;
}
