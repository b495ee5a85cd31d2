/** Whether a toleration covers a taint: what keeps pods off a node and what drives them off it agree on it. */

interface TaintView {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface TolerationView {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** An empty effect tolerates every effect, an empty key with Exists every key. */
export function toleratesTaint(
  { key = '', operator = 'Equal', value = '', effect = '' }: TolerationView,
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
