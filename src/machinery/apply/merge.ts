/**
 * An applied configuration merged into a live object: what the configuration mentions takes its value, everything else stays.
 * Items of lists take the configuration's order where both have them; live items that it does not mention keep their place
 * between those.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { elementOf, memberOf, partsOf } from './fields-of.ts';
import type { DeducedMerge, ListMerge, MapMerge, MergeType } from './merge-type.ts';

/** Both must have the form of the type. What is not touched is shared. */
export function merge(live: JsonObject, config: JsonObject, type: MergeType): JsonObject {
  return mergeValues(live, config, type) as JsonObject;
}

function mergeValues(live: Json | undefined, config: Json | undefined, type: MergeType): Json {
  if (config === undefined || live === config) return live ?? null;
  if (live === undefined) return config;
  const parts = partsOf(type, config) ?? (mentionsNothing(config, type) ? partsOf(type, live) : undefined);
  if (parts === undefined) return config;
  if (parts.type === 'list') return mergeItems(asList(live), asList(config), parts);
  return mergeMembers(isJsonObject(live) ? live : {}, isJsonObject(config) ? config : {}, parts);
}

/** Something empty does not take away what is there. */
function mentionsNothing(config: Json, type: MergeType): boolean {
  return config === null || (typeof config === 'object' && !(type.type === 'deduced' && Array.isArray(config)));
}

function asList(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function mergeMembers(live: JsonObject, config: JsonObject, type: MapMerge | DeducedMerge): JsonObject {
  let result: Record<string, Json | undefined> | undefined;
  for (const key of Object.keys(config)) {
    const before = Object.hasOwn(live, key) ? live[key] : undefined;
    const value = mergeValues(before, config[key], memberOf(type, key).type);
    if (value === before) continue;
    Object.defineProperty((result ??= { ...live }), key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return result ?? live;
}

function mergeItems(live: readonly Json[], config: readonly Json[], type: ListMerge): readonly Json[] {
  const ours = indexed(config, type);
  const theirs = indexed(live, type);
  const merged = new Set<string>();
  const result: Json[] = [];
  const take = (element: string): void => {
    merged.add(element);
    result.push(mergeValues(theirs.byElement.get(element) ?? undefined, ours.byElement.get(element), type.item));
  };
  const shared = ours.elements.filter((element) => theirs.byElement.has(element));
  let next = 0;
  let l = 0;
  let c = 0;
  while (l < live.length || c < config.length) {
    const left = theirs.elements[l];
    const right = ours.elements[c];
    if (left !== undefined && left === right) {
      take(left);
      l++;
      c++;
      next++;
      continue;
    }
    if (left !== undefined) {
      const known = ours.byElement.has(left);
      // Shared, but its turn comes later: the configuration has it at another place.
      if (right !== undefined && known && shared[next] !== undefined && shared[next] !== left) {
        l++;
        continue;
      }
      if (!known) {
        result.push(live[l] ?? null);
        l++;
        continue;
      }
      if (merged.has(left)) l++;
    }
    if (right !== undefined) {
      take(right);
      c++;
      if (shared[next] === right) next++;
    }
  }
  return result;
}

interface Index {
  readonly elements: readonly string[];
  /** Undefined stands for several with one element: nothing can be merged into those. */
  readonly byElement: ReadonlyMap<string, Json | undefined>;
}

function indexed(items: readonly Json[], type: ListMerge): Index {
  const elements: string[] = [];
  const byElement = new Map<string, Json | undefined>();
  for (const [i, item] of items.entries()) {
    const element = elementOf(type, item, i);
    elements.push(element);
    byElement.set(element, byElement.has(element) ? undefined : item);
  }
  return { elements, byElement };
}
