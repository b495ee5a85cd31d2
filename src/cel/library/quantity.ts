/** Kubernetes' quantities: `quantity('1.5Gi').isGreaterThan(quantity('1G'))`. */
import { parseQuantity, Quantity, QuantityError } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { objectType } from '../types.ts';
import { Double, EvalError, Extension, intOrOverflow, type Result } from '../values.ts';

const quantityType = objectType('kubernetes.Quantity');
const nanosPerOne = 1_000_000_000n;

class QuantityValue extends Extension {
  readonly type = quantityType;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: Extension): boolean {
    return other instanceof QuantityValue && other.quantity.equals(this.quantity);
  }
}

function parse(text: string): Result {
  try {
    return new QuantityValue(parseQuantity(text));
  } catch (error) {
    if (error instanceof QuantityError) return new EvalError(error.message);
    throw error;
  }
}

/** The whole number; undefined when it has a fraction or is beyond 64 bits. */
function wholeOf({ quantity }: QuantityValue): number | bigint | undefined {
  if (quantity.nanos % nanosPerOne !== 0n) return undefined;
  const whole = intOrOverflow(quantity.nanos / nanosPerOne);
  return whole instanceof EvalError ? undefined : whole;
}

function asInteger(value: QuantityValue): Result {
  return wholeOf(value) ?? new EvalError('cannot convert value to integer');
}

type Operand = QuantityValue | number | bigint;

function operand(value: Operand): Quantity {
  return value instanceof QuantityValue ? value.quantity : Quantity.of(value);
}

const add = ({ quantity }: QuantityValue, other: Operand): Result => new QuantityValue(quantity.add(operand(other)));
const sub = ({ quantity }: QuantityValue, other: Operand): Result => new QuantityValue(quantity.sub(operand(other)));

const self = 'kubernetes.Quantity';

export const quantityLibrary: Library = {
  types: [quantityType],
  functions: [
    fn('quantity', overload('string_to_quantity', `(string): ${self}`, parse)),
    fn(
      'isQuantity',
      overload('is_quantity_string', '(string): bool', (text: string) => !(parse(text) instanceof EvalError)),
    ),
    fn(
      'sign',
      overload('quantity_sign', `${self}.(): int`, ({ quantity }: QuantityValue) => quantity.sign),
    ),
    fn(
      'isInteger',
      overload('quantity_is_integer', `${self}.(): bool`, (value: QuantityValue) => wholeOf(value) !== undefined),
    ),
    fn('asInteger', overload('quantity_as_integer', `${self}.(): int`, asInteger)),
    fn(
      'asApproximateFloat',
      overload(
        'quantity_as_float',
        `${self}.(): double`,
        ({ quantity }: QuantityValue) => new Double(quantity.toNumber()),
      ),
    ),
    fn(
      'isGreaterThan',
      overload(
        'quantity_is_greater_than',
        `${self}.(${self}): bool`,
        (a: QuantityValue, b: QuantityValue) => a.quantity.compare(b.quantity) > 0,
      ),
    ),
    fn(
      'isLessThan',
      overload(
        'quantity_is_less_than',
        `${self}.(${self}): bool`,
        (a: QuantityValue, b: QuantityValue) => a.quantity.compare(b.quantity) < 0,
      ),
    ),
    fn(
      'compareTo',
      overload('quantity_compare_to', `${self}.(${self}): int`, (a: QuantityValue, b: QuantityValue) =>
        a.quantity.compare(b.quantity),
      ),
    ),
    fn(
      'add',
      overload('quantity_add', `${self}.(${self}): ${self}`, add),
      overload('quantity_add_int', `${self}.(int): ${self}`, add),
    ),
    fn(
      'sub',
      overload('quantity_sub', `${self}.(${self}): ${self}`, sub),
      overload('quantity_sub_int', `${self}.(int): ${self}`, sub),
    ),
  ],
};
