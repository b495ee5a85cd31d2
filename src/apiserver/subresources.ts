/** What the API server itself carries out: POSTs to subresources, and kinds that are asked and never kept. */
import type { JsonObject } from '../base/mod.ts';
import type { Kind, KubeObject } from '../machinery/mod.ts';
import type { Operation, Result } from './operation.ts';
import type { ApiServer } from './server.ts';

/** Answers a POST. `body` is decoded and of the kind that the subresource or the virtual kind says. */
export interface PostHandler {
  /** `pods/binding`, or the plural of a kind that is not kept; with the group in front where it is not the core group. */
  readonly on: string;
  /** It is not a review, and has it admitted when it knows what the request is about. */
  readonly admitsItself?: true;
  handle(server: ApiServer, kind: Kind, operation: Operation, body: KubeObject): Promise<Result>;
}

/** Objects of a kind that is not kept: made anew whenever somebody reads them. */
export interface ComputedObjects {
  /** As for `PostHandler`. */
  readonly on: string;
  objects(): Promise<readonly KubeObject[]>;
  /** What is said when none of them has the name. */
  unknown(name: string): string;
}

export function answer(code: number, value: KubeObject | JsonObject): Result {
  return { type: 'value', code, value };
}
