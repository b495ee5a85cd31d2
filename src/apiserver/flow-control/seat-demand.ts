/** How many seats a priority level had use for: what decides who lends and who borrows. */
export class SeatDemand {
  #lastMs: number;
  #demand = 0;
  #beganMs: number;
  #sum = 0;
  #squares = 0;
  #high = 0;
  #smooth = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
    this.#beganMs = nowMs;
  }

  observe(nowMs: number, demand: number): void {
    const elapsed = nowMs - this.#lastMs;
    if (elapsed > 0) {
      this.#sum += this.#demand * elapsed;
      this.#squares += this.#demand * this.#demand * elapsed;
      this.#lastMs = nowMs;
    }
    this.#demand = demand;
    if (demand > this.#high) this.#high = demand;
  }

  /** What the period that ends now showed; the next one begins. */
  period(nowMs: number): { readonly high: number; readonly average: number; readonly smooth: number } {
    this.observe(nowMs, this.#demand);
    const elapsed = Math.max(1, nowMs - this.#beganMs);
    const average = this.#sum / elapsed;
    const deviation = Math.sqrt(Math.max(0, this.#squares / elapsed - average * average));
    const high = this.#high;
    const envelope = Math.min(average + deviation, high);
    // Up at once, down by and by.
    this.#smooth = Math.max(envelope, smoothing * this.#smooth + (1 - smoothing) * envelope);
    this.#beganMs = nowMs;
    this.#sum = 0;
    this.#squares = 0;
    this.#high = this.#demand;
    return { high, average, smooth: this.#smooth };
  }
}

/** Half is forgotten after five minutes of periods of ten seconds. */
const smoothing = 0.977;
