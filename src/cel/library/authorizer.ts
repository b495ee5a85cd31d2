/**
 * `authorizer.group('apps').resource('deployments').check('get').allowed()`. The decision is made by a function that is
 * passed in and answers at once: evaluation does not wait, so who decides by asking somebody else has to ask beforehand.
 */
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { type CelType, objectType } from '../types.ts';
import { EvalError, Extension, type Result, type Value } from '../values.ts';

/** What is asked: a path, or a resource. */
export interface AuthorizationCheck {
  readonly verb: string;
  /** Instead of the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationDecision {
  readonly allowed: boolean;
  readonly reason: string;
  /** The question could not be answered. */
  readonly error?: string;
}

export type Authorize = (check: AuthorizationCheck) => AuthorizationDecision;
type Question = Omit<AuthorizationCheck, 'verb'>;

const prefix = 'kubernetes.authorization.';
const authorizerType = objectType(`${prefix}Authorizer`);
const pathCheckType = objectType(`${prefix}PathCheck`);
const groupCheckType = objectType(`${prefix}GroupCheck`);
const resourceCheckType = objectType(`${prefix}ResourceCheck`);
const decisionType = objectType(`${prefix}Decision`);

/** A question in the making, from the authorizer itself to all that it needs. */
class Asking extends Extension {
  readonly type: CelType;
  readonly authorize: Authorize;
  readonly question: Question;
  constructor(type: CelType, authorize: Authorize, question: Question) {
    super();
    this.type = type;
    this.authorize = authorize;
    this.question = question;
  }
  with(type: CelType, more: Question): Asking {
    return new Asking(type, this.authorize, { ...this.question, ...more });
  }
  equals(other: Extension): boolean {
    return other === this;
  }
}

class DecisionValue extends Extension {
  readonly type = decisionType;
  readonly decision: AuthorizationDecision;
  constructor(decision: AuthorizationDecision) {
    super();
    this.decision = decision;
  }
  equals(other: Extension): boolean {
    return other === this;
  }
}

/** The value of the variable `authorizer`. */
export function authorizerValue(authorize: Authorize): Value {
  return new Asking(authorizerType, authorize, {});
}

/** The value of `authorizer.requestResource`: everything but the verb is that of the request. */
export function resourceCheckValue(authorize: Authorize, question: Question): Value {
  return new Asking(resourceCheckType, authorize, question);
}

/** What the variables `authorizer` and `authorizer.requestResource` are declared as. */
export const authorizerVariables: Readonly<Record<string, CelType>> = {
  authorizer: authorizerType,
  'authorizer.requestResource': resourceCheckType,
};

function serviceAccount(asking: Asking, namespace: string, name: string): Result {
  if (dns1123SubdomainErrors(name).length > 0) return new EvalError('Invalid service account name');
  if (dns1123LabelErrors(namespace).length > 0) return new EvalError('Invalid service account namespace');
  return asking.with(authorizerType, { serviceAccount: { namespace, name } });
}

function path(asking: Asking, value: string): Result {
  return value.trim() === '' ? new EvalError('path must not be empty') : asking.with(pathCheckType, { path: value });
}

function resourceOf(asking: Asking, value: string): Result {
  if (value.trim() === '') return new EvalError('resource must not be empty');
  return asking.with(resourceCheckType, { resource: value });
}

function check(asking: Asking, verb: string): Result {
  return new DecisionValue(asking.authorize({ ...asking.question, verb }));
}

const group = `${prefix}GroupCheck`;
const resource = `${prefix}ResourceCheck`;
const decision = `${prefix}Decision`;

/** A function that says one more thing about the resource. */
function refine(name: string, more: (value: string) => Question): ReturnType<typeof fn> {
  const run = (asking: Asking, value: string): Result => asking.with(resourceCheckType, more(value));
  return fn(name, overload(`resourcecheck_${name}`, `${resource}.(string): ${resource}`, run));
}

export const authorizerLibrary: Library = {
  types: [authorizerType, pathCheckType, groupCheckType, resourceCheckType, decisionType],
  functions: [
    fn('path', overload('authorizer_path', `${prefix}Authorizer.(string): ${prefix}PathCheck`, path)),
    fn(
      'group',
      overload('authorizer_group', `${prefix}Authorizer.(string): ${group}`, (asking: Asking, value: string) =>
        asking.with(groupCheckType, { group: value }),
      ),
    ),
    fn(
      'serviceAccount',
      overload(
        'authorizer_serviceaccount',
        `${prefix}Authorizer.(string, string): ${prefix}Authorizer`,
        serviceAccount,
      ),
    ),
    fn('resource', overload('groupcheck_resource', `${group}.(string): ${resource}`, resourceOf)),
    refine('subresource', (subresource) => ({ subresource })),
    refine('namespace', (namespace) => ({ namespace })),
    refine('name', (name) => ({ name })),
    refine('fieldSelector', (fieldSelector) => ({ fieldSelector })),
    refine('labelSelector', (labelSelector) => ({ labelSelector })),
    fn(
      'check',
      overload('pathcheck_check', `${prefix}PathCheck.(string): ${decision}`, check),
      overload('resourcecheck_check', `${resource}.(string): ${decision}`, check),
    ),
    fn(
      'allowed',
      overload('decision_allowed', `${decision}.(): bool`, ({ decision: made }: DecisionValue) => made.allowed),
    ),
    fn(
      'reason',
      overload('decision_reason', `${decision}.(): string`, ({ decision: made }: DecisionValue) => made.reason),
    ),
    fn(
      'error',
      overload('decision_error', `${decision}.(): string`, ({ decision: made }: DecisionValue) => made.error ?? ''),
    ),
    fn(
      'errored',
      overload(
        'decision_errored',
        `${decision}.(): bool`,
        ({ decision: made }: DecisionValue) => made.error !== undefined,
      ),
    ),
  ],
};
