/**
 * Which webhooks or policies are asked once more in the second round: those that allow it, and after which something changed.
 * Who was not asked in the first round is not asked in the second either.
 */
import { jsonEqual } from '../../../base/mod.ts';
import type { AdmissionRequest } from '../admission.ts';

export class Reinvocations {
  #asked = new Set<string>();
  readonly #again = new Set<string>();
  #output: unknown;

  /** Begins a round: built-in plugins may have changed the object since. */
  begin({ round, draft }: AdmissionRequest): void {
    if (round === 1 && !jsonEqual(this.#output, draft ?? null)) this.#require();
  }

  end({ draft }: AdmissionRequest): void {
    // Others change the draft in place.
    this.#output = structuredClone(draft ?? null);
  }

  isDue({ round }: AdmissionRequest, key: string): boolean {
    return round === 0 || this.#again.has(key);
  }

  changed(request: AdmissionRequest): void {
    this.#require();
    request.reinvoke = true;
  }

  asked(key: string, policy: string | undefined): void {
    if (policy === 'IfNeeded') this.#asked.add(key);
  }

  #require(): void {
    for (const key of this.#asked) this.#again.add(key);
    this.#asked = new Set();
  }
}
