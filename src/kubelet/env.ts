/**
 * A container's environment, from every source. What always holds: later entries win over earlier ones of the same name,
 * `env` over `envFrom` over the variables of services; a value sees the variables that stand before it.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { ConfigMap, EnvVar, EnvVarSource, Secret, Service } from '../api/mod.ts';
import { podField, resourceField, type PodAddresses } from './downward-api.ts';
import { expand } from './expansion.ts';
import type { ContainerView, PodView } from './pod.ts';

export interface ObjectReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
}

/** The ConfigMaps and Secrets of the pod's namespace, as fetched before. Undefined: it does not exist. */
export interface ConfigSources {
  configMap(name: string): DeepReadonly<ConfigMap> | undefined;
  secret(name: string): DeepReadonly<Secret> | undefined;
}

export interface EnvInput {
  readonly pod: PodView;
  readonly container: ContainerView;
  readonly sources: ConfigSources;
  /** Services that may be linked to: all of the pod's namespace, and those of `default`. */
  readonly services: readonly DeepReadonly<Service>[];
  readonly addresses: PodAddresses;
  readonly allocatable: Readonly<Record<string, string>>;
}

export interface Environment {
  readonly env: readonly { readonly key: string; readonly value: string }[];
  /** Keys that are no names of variables, by where they come from: for a warning. */
  readonly skipped: readonly { readonly from: string; readonly keys: readonly string[] }[];
  /** Why the container cannot be made; then `env` is not to be used. */
  readonly problem?: string;
}

/** What has to be fetched before the environment can be made. */
export function envReferences(container: ContainerView): ObjectReference[] {
  const references: ObjectReference[] = [];
  const add = (kind: ObjectReference['kind'], name: string | undefined): void => {
    if (name !== undefined && name !== '') references.push({ kind, name });
  };
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    add('ConfigMap', configMapRef?.name);
    add('Secret', secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add('ConfigMap', valueFrom?.configMapKeyRef?.name);
    add('Secret', valueFrom?.secretKeyRef?.name);
  }
  return references;
}

export function containerEnv(input: EnvInput): Environment {
  const services = serviceVariables(linkedServices(input.pod, input.services));
  const values = new Map<string, string>();
  const skipped: { from: string; keys: readonly string[] }[] = [];
  const problem = addEnvFrom(input, values, skipped) ?? addEnv(input, values, services);
  if (problem !== undefined) return { env: [], skipped, problem };
  for (const [name, value] of services) if (!values.has(name)) values.set(name, value);
  // A name that is set again by `container.env` keeps its first place: the order is of no meaning to a process.
  return { env: [...values].map(([key, value]) => ({ key, value })), skipped };
}

function addEnvFrom(
  { pod, container, sources }: EnvInput,
  values: Map<string, string>,
  skipped: { from: string; keys: readonly string[] }[],
): string | undefined {
  const namespace = pod.metadata.namespace ?? '';
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    const name = reference?.name ?? '';
    const kind = configMapRef === undefined ? 'secret' : 'configMap';
    const data = configMapRef === undefined ? decoded(sources.secret(name)) : sources.configMap(name)?.data;
    const exists = (configMapRef === undefined ? sources.secret(name) : sources.configMap(name)) !== undefined;
    if (!exists && reference?.optional !== true) return `${kind.toLowerCase()} "${name}" not found`;
    const invalid: string[] = [];
    for (const [key, value] of Object.entries(data ?? {}).sort(byKey)) {
      if (isVariableName(prefix + key)) values.set(prefix + key, value);
      else invalid.push(prefix + key);
    }
    if (invalid.length > 0) skipped.push({ from: `${kind} ${namespace}/${name}`, keys: invalid });
  }
  return undefined;
}

function addEnv(
  input: EnvInput,
  values: Map<string, string>,
  services: ReadonlyMap<string, string>,
): string | undefined {
  const lookup = (name: string): string | undefined => values.get(name) ?? services.get(name);
  for (const variable of input.container.env ?? []) {
    const result = valueOf(input, variable, lookup);
    if ('problem' in result) return result.problem;
    if (result.value !== undefined) values.set(variable.name, result.value);
  }
  return undefined;
}

type Value = { readonly value: string | undefined } | { readonly problem: string };

function valueOf(input: EnvInput, variable: DeepReadonly<EnvVar>, lookup: (name: string) => string | undefined): Value {
  const { value, valueFrom } = variable;
  if (valueFrom === undefined) return { value: expand(value ?? '', lookup) };
  return valueFromSource(input, valueFrom);
}

function valueFromSource(
  input: EnvInput,
  { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef }: DeepReadonly<EnvVarSource>,
): Value {
  const { pod, container, sources } = input;
  const namespace = pod.metadata.namespace ?? '';
  if (fieldRef !== undefined) {
    const value = podField(pod, fieldRef.fieldPath, input.addresses);
    return value === undefined ? { problem: `unsupported fieldPath: ${fieldRef.fieldPath}` } : { value };
  }
  if (resourceFieldRef !== undefined) return resourceField(pod, resourceFieldRef, container.name, input.allocatable);
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional } = configMapKeyRef;
    const found = sources.configMap(name);
    if (found === undefined)
      return optional === true ? { value: undefined } : { problem: `configmap "${name}" not found` };
    const value = found.data?.[key];
    if (value !== undefined || optional === true) return { value };
    return { problem: `couldn't find key ${key} in ConfigMap ${namespace}/${name}` };
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional } = secretKeyRef;
    const found = sources.secret(name);
    if (found === undefined)
      return optional === true ? { value: undefined } : { problem: `secret "${name}" not found` };
    const value = found.data?.[key];
    if (value !== undefined) return { value: decodeText(value) };
    return optional === true
      ? { value: undefined }
      : { problem: `couldn't find key ${key} in Secret ${namespace}/${name}` };
  }
  return { value: '' };
}

function decoded(secret: DeepReadonly<Secret> | undefined): Record<string, string> | undefined {
  if (secret?.data === undefined) return undefined;
  return Object.fromEntries(Object.entries(secret.data).map(([key, value]) => [key, decodeText(value)]));
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}

/** Any printable ASCII but `=`, as since 1.34. */
function isVariableName(name: string): boolean {
  return /^[ -<>-~]+$/.test(name);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Of several services of one name the pod's own namespace wins; without links only the API server's is left. */
function linkedServices(pod: PodView, services: readonly DeepReadonly<Service>[]): DeepReadonly<Service>[] {
  const links = pod.spec?.enableServiceLinks !== false;
  const linked = new Map<string, DeepReadonly<Service>>();
  for (const service of services) {
    const { name = '', namespace } = service.metadata;
    const clusterIP = service.spec?.clusterIP ?? '';
    if (clusterIP === '' || clusterIP === 'None') continue;
    if (namespace === pod.metadata.namespace && links) linked.set(name, service);
    else if (namespace === 'default' && name === 'kubernetes' && !linked.has(name)) linked.set(name, service);
  }
  return [...linked].sort(byKey).map(([, service]) => service);
}

/** `WEB_SERVICE_HOST`, `WEB_SERVICE_PORT` and the variables of the time of Docker's links. */
function serviceVariables(services: readonly DeepReadonly<Service>[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const prefix = variableName(metadata.name ?? '');
    const ip = spec?.clusterIP ?? '';
    const ports = spec?.ports ?? [];
    variables.set(`${prefix}_SERVICE_HOST`, ip);
    variables.set(`${prefix}_SERVICE_PORT`, String(ports[0]?.port ?? ''));
    for (const { name, port } of ports)
      if (name !== undefined && name !== '')
        variables.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
    for (const [i, { port, protocol = 'TCP' }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
      if (i === 0) variables.set(`${prefix}_PORT`, url);
      const own = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
      variables.set(own, url);
      variables.set(`${own}_PROTO`, protocol.toLowerCase());
      variables.set(`${own}_PORT`, String(port));
      variables.set(`${own}_ADDR`, ip);
    }
  }
  return variables;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
