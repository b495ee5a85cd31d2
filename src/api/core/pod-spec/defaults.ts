/**
 * The defaults of a pod, shared by Pod and by every kind that holds a pod template. Always holds: applying them twice is
 * the same as once, and what the client has set stays. On the path of every pod that is created, so no allocation but for
 * what is missing.
 */
import type {
  Container,
  EphemeralContainer,
  LifecycleHandler,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from '../../upstream/types.ts';
import { defaultPullPolicy } from './image.ts';
import { defaultPodResources, requestsFromLimits, roundRequirements, roundResources } from './resource-defaults.ts';
import { defaultVolume } from './volume-defaults.ts';

/** The defaults of a pod specification wherever it stands, in a pod or in a template. */
export function defaultPodSpec(spec: PodSpec): void {
  // `serviceAccount` is the old name of the same field.
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount;
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  if (spec.volumes !== undefined) for (const volume of spec.volumes) defaultVolume(volume);
  if (spec.initContainers !== undefined) for (const container of spec.initContainers) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  if (spec.ephemeralContainers !== undefined)
    for (const container of spec.ephemeralContainers) defaultContainer(container);
  if (spec.overhead !== undefined) roundResources(spec.overhead);
  if (spec.resources !== undefined) roundRequirements(spec.resources);
}

/** What a real pod gets in addition, but a template does not: there it would change templates that exist already. */
export function defaultPodOnly(spec: PodSpec): void {
  for (const container of spec.initContainers ?? []) requestsFromLimits(container);
  for (const container of spec.containers ?? []) requestsFromLimits(container);
  if (spec.resources !== undefined) defaultPodResources(spec, spec.resources);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork === true) {
    for (const container of spec.initContainers ?? []) defaultHostPorts(container);
    for (const container of spec.containers ?? []) defaultHostPorts(container);
  }
}

export function defaultPodTemplate(template: PodTemplateSpec): void {
  if (template.spec !== undefined) defaultPodSpec(template.spec);
}

function defaultHostPorts({ ports }: Container): void {
  for (const port of ports ?? []) port.hostPort ??= port.containerPort;
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ??= defaultPullPolicy(container.image ?? '');
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  if (container.ports !== undefined) for (const port of container.ports) port.protocol ??= 'TCP';
  if (container.env !== undefined)
    for (const { valueFrom } of container.env)
      if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ??= 'v1';
  for (const { valueFrom } of container.env ?? [])
    if (valueFrom?.fileKeyRef !== undefined) valueFrom.fileKeyRef.optional ??= false;
  if (container.resources !== undefined) roundRequirements(container.resources);
  if (container.livenessProbe !== undefined) defaultProbe(container.livenessProbe);
  if (container.readinessProbe !== undefined) defaultProbe(container.readinessProbe);
  if (container.startupProbe !== undefined) defaultProbe(container.startupProbe);
  if (container.lifecycle?.postStart !== undefined) defaultHandler(container.lifecycle.postStart);
  if (container.lifecycle?.preStop !== undefined) defaultHandler(container.lifecycle.preStop);
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.grpc !== undefined) probe.grpc.service ??= '';
  defaultHandler(probe);
}

function defaultHandler({ httpGet }: Pick<LifecycleHandler, 'httpGet'>): void {
  if (httpGet === undefined) return;
  httpGet.path ??= '/';
  httpGet.scheme ??= 'HTTP';
}
