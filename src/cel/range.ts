/** Ranges of sizes and costs. All arithmetic stops at the largest 64-bit number, which stands for "no limit known". */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export const unlimited = 2 ** 64;

export function fixed(value: number): Range {
  return { min: value, max: value };
}

export const unknownSize: Range = { min: 0, max: unlimited };

function capped(value: number): number {
  return Math.min(value, unlimited);
}

export function addRanges(...ranges: readonly Range[]): Range {
  let min = 0;
  let max = 0;
  for (const range of ranges) {
    min = capped(min + range.min);
    max = capped(max + range.max);
  }
  return { min, max };
}

export function multiplyRanges(a: Range, b: Range): Range {
  return { min: capped(a.min * b.min), max: capped(a.max * b.max) };
}

/** Each end times the factor, rounded up. */
export function scaleRange({ min, max }: Range, factor: number): Range {
  return { min: capped(Math.ceil(min * factor)), max: capped(Math.ceil(max * factor)) };
}

export function unionRange(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
