/**
 * Admission of what writes nothing: exec, attach, port-forward and proxies. Their object is what the URL's query says. Logs
 * are read as objects are, and nobody is asked.
 */
import { apiVersionOf, type FieldFacts, type Kind, type KubeObject } from '../machinery/mod.ts';
import type { Operation } from './operation.ts';
import type { WriteWorld } from './world.ts';

/** Throws ApiError when a plugin refuses the connection. */
export async function admitConnect(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  query: URLSearchParams,
): Promise<void> {
  const subresource = kind.subresources[operation.subresource ?? ''];
  const optionsKind = subresource?.type === 'connect' ? subresource.optionsKind : undefined;
  if (optionsKind === undefined) return;
  const request = world.admissionRequest(kind, operation, {
    operation: 'CONNECT',
    name: operation.name ?? '',
    draft: optionsOf(world, optionsKind, query),
    old: undefined,
  });
  await world.admission.mutate(request);
  await world.admission.validate(request);
}

function optionsOf(world: WriteWorld, kind: string, query: URLSearchParams): KubeObject {
  const { fields = {} } = world.codec.facts.types[`io.k8s.api.core.v1.${kind}`] ?? {};
  const options = Object.entries(fields).flatMap(([name, facts]) => {
    const value = query.has(name) ? fromQuery(facts, query.getAll(name)) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  return { kind, apiVersion: apiVersionOf('', 'v1'), ...Object.fromEntries(options) };
}

/** A value of the query as the field's type; undefined for its zero value. */
function fromQuery({ type }: FieldFacts, values: readonly string[]): unknown {
  const [first = ''] = values;
  if (type === 'bool') return first !== 'false' && first !== '0' ? true : undefined;
  if (type === '[]string') return values;
  if (type.startsWith('[]')) return values.map(Number);
  return first === '' ? undefined : first;
}
