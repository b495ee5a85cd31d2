/** Who gets how many seats: first by shares, then, period by period, by what each had use for. */

export interface Shares {
  readonly shares: number;
  readonly lendablePercent: number;
  /** Undefined: as much as there is. */
  readonly borrowingLimitPercent: number | undefined;
}

export interface Bounds {
  readonly nominal: number;
  /** What is left when everything lendable is lent. */
  readonly min: number;
  readonly max: number;
}

/** In the order given; nominal limits round up, so that nobody with shares has none. */
export function bounds(total: number, levels: readonly Shares[]): readonly Bounds[] {
  const sum = levels.reduce((all, { shares }) => all + shares, 0);
  return levels.map(({ shares, lendablePercent, borrowingLimitPercent }) => {
    const nominal = sum === 0 ? 0 : Math.ceil((total * shares) / sum);
    const lendable = Math.round((nominal * lendablePercent) / 100);
    const borrowing = borrowingLimitPercent === undefined ? total : Math.round((nominal * borrowingLimitPercent) / 100);
    return { nominal, min: nominal - lendable, max: nominal + borrowing };
  });
}

export interface Wish extends Bounds {
  /** The most that it had use for in the last period. */
  readonly high: number;
  readonly smooth: number;
}

/**
 * The limits of the next period: all wishes times one proportion, each within its bounds, so that they come to `total`. Nobody
 * who can use its nominal limit gets less.
 */
export function allocate(total: number, wishes: readonly Wish[]): readonly number[] {
  const lower = wishes.map(({ min, nominal, high }) => Math.max(min, Math.min(nominal, high)));
  const least = lower.reduce((sum, value) => sum + value, 0);
  if (least >= total) return lower.map((value) => Math.round(value));
  const at = (proportion: number): number[] =>
    wishes.map(({ smooth, max }, i) =>
      Math.min(Math.max(max, lower[i] ?? 0), Math.max(lower[i] ?? 0, proportion * Math.max(smooth, wishMin))),
    );
  const sumAt = (proportion: number): number => at(proportion).reduce((sum, value) => sum + value, 0);
  let low = 0;
  let high = total / wishMin;
  if (sumAt(high) > total)
    for (let i = 0; i < halvingsMax; i++) {
      const middle = (low + high) / 2;
      if (sumAt(middle) > total) high = middle;
      else low = middle;
    }
  else low = high;
  return at(low).map((value) => Math.round(value));
}

/** A level without use for seats may still come to have it. */
const wishMin = 0.1;
const halvingsMax = 60;
