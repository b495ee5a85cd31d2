/** Tolerations of a pod together with those that a class or a namespace adds. */
import type { Toleration } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';

type ReadToleration = DeepReadonly<Toleration>;

/** Both lists, in order, without what another toleration in them covers; of equal ones the first stays. */
export function mergeTolerations(first: readonly ReadToleration[], second: readonly ReadToleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: ReadToleration[] = [];
  for (const [i, one] of all.entries()) {
    if (merged.some((other) => covers(other, one))) continue;
    if (all.slice(i + 1).some((other) => !jsonEqual(other, one) && covers(other, one))) continue;
    merged.push(one);
  }
  return merged.map((one) => ({ ...one }));
}

/** Whether each of the tolerations is covered by one that is allowed. */
export function allAllowed(tolerations: readonly ReadToleration[], allowed: readonly ReadToleration[]): boolean {
  return tolerations.every((one) => allowed.some((other) => covers(other, one)));
}

function covers(wide: ReadToleration, narrow: ReadToleration): boolean {
  if (jsonEqual(wide, narrow)) return true;
  const { key = '', operator = '', effect = '', value = '' } = wide;
  if ((narrow.key ?? '') !== key && (key !== '' || operator !== 'Exists')) return false;
  if ((narrow.effect ?? '') !== effect && effect !== '') return false;
  if (effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    const { tolerationSeconds } = narrow;
    if (tolerationSeconds === undefined || tolerationSeconds > wide.tolerationSeconds) return false;
  }
  if (operator === 'Exists') return true;
  return (operator === 'Equal' || operator === '') && narrow.operator !== 'Exists' && (narrow.value ?? '') === value;
}
