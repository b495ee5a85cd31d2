/** The mark of the store's revision on what is stored. */
import type { JsonObject } from '../base/mod.ts';

/** Sets `metadata.resourceVersion`, which only the store knows. */
export function stamp(value: JsonObject, revision: number): JsonObject {
  return {
    ...value,
    metadata: { ...(value['metadata'] as JsonObject | undefined), resourceVersion: String(revision) },
  };
}
