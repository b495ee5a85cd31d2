/** Probes and lifecycle hooks, which share their handlers. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  forbidden,
  httpHeaderNameErrors,
  invalid,
  notSupported,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkNonNegative, checkPort, checkPortNumber, report, type Errors } from '../../../checks.ts';
import type { Container, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../../upstream/types.ts';
import type { SpecContext } from './spec.ts';

export function checkProbes(
  errors: Errors,
  { livenessProbe, readinessProbe, startupProbe }: DeepReadonly<Container>,
  path: FieldPath,
  context: SpecContext,
): void {
  if (livenessProbe !== undefined) checkOnce(errors, livenessProbe, path.child('livenessProbe'), context);
  if (readinessProbe !== undefined) {
    checkProbe(errors, readinessProbe, path.child('readinessProbe'), context);
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined)
      errors.push(
        invalid(
          path.child('readinessProbe').child('terminationGracePeriodSeconds'),
          grace,
          'must not be set for readinessProbes',
        ),
      );
  }
  if (startupProbe !== undefined) checkOnce(errors, startupProbe, path.child('startupProbe'), context);
}

/** A probe whose first success counts. */
function checkOnce(errors: Errors, probe: DeepReadonly<Probe>, path: FieldPath, context: SpecContext): void {
  checkProbe(errors, probe, path, context);
  if (probe.successThreshold !== 1)
    errors.push(invalid(path.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
}

function checkProbe(errors: Errors, probe: DeepReadonly<Probe>, path: FieldPath, context: SpecContext): void {
  checkHandler(errors, probe, path, context);
  for (const name of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    const value = probe[name];
    if (value !== undefined && value < 0) checkNonNegative(errors, value, path.child(name));
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalid(path.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0'));
}

export function checkLifecycle(
  errors: Errors,
  { postStart, preStop }: DeepReadonly<Lifecycle>,
  path: FieldPath,
  context: SpecContext,
): void {
  if (postStart !== undefined) checkHandler(errors, postStart, path.child('postStart'), context);
  if (preStop !== undefined) checkHandler(errors, preStop, path.child('preStop'), context);
}

type Handler = DeepReadonly<LifecycleHandler & Pick<Probe, 'grpc'>>;

/** Exactly one of the ways to ask. */
function checkHandler(errors: Errors, handler: Handler, path: FieldPath, context: SpecContext): void {
  let found = false;
  const first = (name: string): boolean => {
    if (found) errors.push(forbidden(path.child(name), 'may not specify more than 1 handler type'));
    const isFirst = !found;
    found = true;
    return isFirst;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined && first('exec') && (exec.command ?? []).length === 0)
    errors.push(required(path.child('exec').child('command')));
  if (httpGet !== undefined && first('httpGet')) checkHttpGet(errors, httpGet, path.child('httpGet'));
  if (tcpSocket !== undefined && first('tcpSocket'))
    checkPort(errors, tcpSocket.port, path.child('tcpSocket').child('port'));
  if (grpc !== undefined && first('grpc')) checkPortNumber(errors, grpc.port, path.child('grpc').child('port'));
  if (sleep !== undefined && first('sleep')) {
    const grace = context.spec.terminationGracePeriodSeconds;
    if (grace !== undefined && (sleep.seconds < 0 || sleep.seconds > grace))
      errors.push(
        invalid(
          path.child('sleep'),
          sleep.seconds,
          `must be non-negative and less than terminationGracePeriodSeconds (${grace})`,
        ),
      );
  }
  if (!found) errors.push(required(path, 'must specify a handler type'));
}

function checkHttpGet(
  errors: Errors,
  { path: target = '', port, scheme = '', httpHeaders }: DeepReadonly<HTTPGetAction>,
  path: FieldPath,
): void {
  if (target === '') errors.push(required(path.child('path')));
  checkPort(errors, port, path.child('port'));
  if (scheme !== 'HTTP' && scheme !== 'HTTPS')
    errors.push(notSupported(path.child('scheme'), scheme, ['HTTP', 'HTTPS']));
  for (const { name } of httpHeaders ?? []) report(errors, path.child('httpHeaders'), name, httpHeaderNameErrors(name));
}
