/** Which taints a pod tolerates. */
import type { Taint, Toleration } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';

type TaintView = DeepReadonly<Taint>;
type Tolerations = readonly DeepReadonly<Toleration>[];

/** An empty effect tolerates every effect, an empty key with Exists every key. */
function toleratesTaint(
  { key = '', operator = 'Equal', value = '', effect = '' }: DeepReadonly<Toleration>,
  taint: TaintView,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  if (operator === 'Equal' || operator === '') return value === (taint.value ?? '');
  return comparesTrue(operator, taint.value ?? '', value);
}

/** `Gt` and `Lt` hold for whole numbers only. */
function comparesTrue(operator: string, tainted: string, tolerated: string): boolean {
  const whole = /^(?:0|-?[1-9][0-9]*)$/;
  if (!whole.test(tainted) || !whole.test(tolerated)) return false;
  const [left, right] = [BigInt(tainted), BigInt(tolerated)];
  return operator === 'Gt' ? left > right : operator === 'Lt' && left < right;
}

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
