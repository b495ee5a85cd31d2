/** IngressClass: which controller ingresses of this class are for. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  nameColumn,
  nameIsDns1123Label,
  notSupported,
  required,
  tooLong,
  utf8Length,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkDomainPrefixedPath, checkImmutable, checkLocalReference, report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import type { IngressClass, IngressClassParametersReference } from '../upstream/types.ts';

type ReadonlyParameters = DeepReadonly<IngressClassParametersReference>;

const controllerPath = field('spec', 'controller');
const controllerBytesMax = 250;

function checkParameters(errors: Errors, parameters: ReadonlyParameters, path: FieldPath): void {
  const { scope, namespace } = parameters;
  checkLocalReference(errors, parameters, path);
  if (scope === undefined) errors.push(required(path.child('scope')));
  else if (scope === 'Namespace') {
    if (namespace === undefined)
      errors.push(required(path.child('namespace'), "`parameters.scope` is set to 'Namespace'"));
    else report(errors, path.child('namespace'), namespace, nameIsDns1123Label(namespace, false));
  } else if (scope !== 'Cluster') errors.push(notSupported(path.child('scope'), scope, ['Cluster', 'Namespace']));
  else if (namespace !== undefined)
    errors.push(forbidden(path.child('namespace'), "`parameters.scope` is set to 'Cluster'"));
}

function classErrors({ spec = {} }: DeepReadonly<IngressClass>): Errors {
  const errors: Errors = [];
  const { controller = '', parameters } = spec;
  if (utf8Length(controller) > controllerBytesMax) errors.push(tooLong(controllerPath, controllerBytesMax));
  checkDomainPrefixedPath(errors, controller, controllerPath);
  if (parameters !== undefined) checkParameters(errors, parameters, field('spec', 'parameters'));
  return errors;
}

function parametersText({ spec }: DeepReadonly<IngressClass>): string {
  const { parameters } = spec ?? {};
  if (parameters === undefined) return none;
  const { apiGroup, kind, name } = parameters;
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`;
}

export const ingressClasses = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.IngressClass',
  strategy: {
    generation: true,
    defaults({ spec }) {
      if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
    },
    validate: classErrors,
    validateUpdate(object, old) {
      const errors: Errors = [];
      checkImmutable(errors, object.spec?.controller ?? '', old.spec?.controller ?? '', controllerPath);
      return [...errors, ...classErrors(object)];
    },
  },
  columns: [
    nameColumn(),
    column('Controller', 'The controller of the class.', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', 'The object with more settings for the controller.', parametersText),
    ageColumn(),
  ],
});
