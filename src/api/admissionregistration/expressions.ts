/**
 * Expressions of webhooks and policies: what they may speak of, what they must result in, and how they are compiled. The same
 * for those who validate configurations and for those who evaluate them.
 */
import {
  boolType,
  compile,
  declaredList,
  declaredObject,
  declTypeFromSchema,
  dynDecl,
  dynReader,
  dynType,
  Environment,
  jsonPatchLibrary,
  kubernetesLibraries,
  listType,
  mutationMessages,
  nullType,
  objectType,
  sameType,
  stringType,
  authorizerVariables,
  type CelType,
  type Compiled,
  type DeclType,
  type Program,
  type SchemaSource,
} from '../../cel/mod.ts';

/** What an expression must result in. Nothing is taken for it that only might be it. */
const results = {
  any: undefined,
  bool: [boolType],
  string: [stringType],
  stringOrNull: [stringType, nullType],
  applyConfiguration: [objectType('Object')],
  jsonPatch: [listType(objectType('JSONPatch'))],
} satisfies Record<string, readonly CelType[] | undefined>;
export type ExpressionResult = keyof typeof results;

export interface CompiledExpression {
  readonly expression: string;
  /** Absent when it does not compile. */
  readonly program?: Program;
  /** What is wrong with it. */
  readonly error?: string;
}

export interface ExpressionOptions {
  /** It may ask what the user is allowed to do; true unless said otherwise. */
  readonly authorizer?: boolean;
  /** It may use the variables of its policy; true unless said otherwise. */
  readonly variables?: boolean;
  /** It may make `Object{}` and `JSONPatch{}`. */
  readonly mutates?: boolean;
}

export interface ExpressionScopeOptions {
  readonly hasParams: boolean;
  /** Types of the object and of the parameters where they are known: only for checking, never for evaluating. */
  readonly object?: DeclType;
  readonly params?: DeclType;
}

const variablesType = declaredObject('kubernetes.variables', {});
const base = new Environment({ libraries: kubernetesLibraries });

/** The expressions of one policy or webhook: they share the variables that the policy declares. */
export class ExpressionScope {
  readonly #options: ExpressionScopeOptions;
  readonly #variables = new Map<string, { readonly property: string; readonly type: DeclType }>();
  readonly #environments = new Map<string, Environment>();

  constructor(options: ExpressionScopeOptions) {
    this.#options = options;
  }

  /** Whoever compiles after this may use the variable. */
  declare(name: string, expression: string): CompiledExpression {
    const compiled = this.compile(expression, 'any');
    const type = compiled.program === undefined ? dynDecl : variableType(compiled.program.type);
    this.#variables.set(name, { property: name, type });
    return compiled;
  }

  compile(expression: string, result: ExpressionResult, options: ExpressionOptions = {}): CompiledExpression {
    const compiled = this.#compile(expression, options);
    if ('error' in compiled) return { expression, error: `compilation failed: ${compiled.error}` };
    const { program } = compiled;
    const wanted: readonly CelType[] | undefined = results[result];
    if (wanted?.some((type) => sameType(type, program.type)) !== false) return { expression, program };
    const [only, ...others] = wanted.map(typeName);
    const text = others.length === 0 ? only : `one of [${[only, ...others].join(' ')}]`;
    return { expression, error: `must evaluate to ${text} but got ${typeName(program.type)}` };
  }

  /** What does not fit the types, whatever the expression results in; undefined: nothing. */
  problems(expression: string): string | undefined {
    const compiled = this.#compile(expression, {});
    return 'error' in compiled ? compiled.error : undefined;
  }

  #compile(expression: string, options: ExpressionOptions): Compiled {
    return compile(expression, this.#environment(options));
  }

  #environment({ authorizer = true, variables = true, mutates = false }: ExpressionOptions): Environment {
    const key = `${authorizer} ${variables} ${mutates}`;
    let environment = this.#environments.get(key);
    if (environment !== undefined) return environment;
    const { hasParams, object = dynType, params = dynType } = this.#options;
    environment = base.extend({
      variables: {
        object,
        oldObject: object,
        request: requestType,
        namespaceObject: namespaceType,
        ...(variables ? { variables: { ...variablesType, fields: () => this.#variables } } : {}),
        ...(hasParams ? { params } : {}),
        ...(authorizer ? authorizerVariables : {}),
      },
      ...(mutates ? { libraries: [jsonPatchLibrary], messages: mutationMessages } : {}),
    });
    this.#environments.set(key, environment);
    return environment;
  }
}

/** A type as Go prints it. */
function typeName({ name, params }: CelType): string {
  return params.length === 0 ? name : `${name}(${params.map(typeName).join(', ')})`;
}

const known: ReadonlySet<CelType['kind']> = new Set<CelType['kind']>([
  'bool',
  'bytes',
  'double',
  'duration',
  'int',
  'null',
  'string',
  'timestamp',
  'uint',
]);

/** What is known of a variable's value: scalars, and lists and maps of them. Everything else may be anything. */
function variableType(type: CelType): DeclType {
  return { ...dynDecl, type: withoutObjects(type) };
}

function withoutObjects(type: CelType): CelType {
  if (type.kind === 'list' || type.kind === 'map') return { ...type, params: type.params.map(withoutObjects) };
  return known.has(type.kind) ? type : dynType;
}

function declared(schema: SchemaSource): DeclType {
  return declTypeFromSchema(schema, { name: '' }) ?? dynDecl;
}

const text = declared({ type: 'string' });
const texts = declaredList(text);
const labels = declared({ type: 'object', additionalProperties: { type: 'string' } });
const time = declared({ type: 'string', format: 'date-time' });
const integer = declared({ type: 'integer' });

const kindType = declaredObject('kubernetes.GroupVersionKind', { group: text, version: text, kind: text });
const resourceType = declaredObject('kubernetes.GroupVersionResource', { group: text, version: text, resource: text });
const userType = declaredObject('kubernetes.UserInfo', {
  username: text,
  uid: text,
  groups: texts,
  extra: declared({ type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } }),
});

const requestType = declaredObject('kubernetes.AdmissionRequest', {
  kind: kindType,
  resource: resourceType,
  subResource: text,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: userType,
  dryRun: declared({ type: 'boolean' }),
  options: { ...dynDecl, read: dynReader },
});

const conditionType = declaredObject('kubernetes.NamespaceCondition', {
  status: text,
  type: text,
  lastTransitionTime: time,
  message: text,
  reason: text,
});

const namespaceType = declaredObject('kubernetes.Namespace', {
  metadata: declaredObject('kubernetes.NamespaceMetadata', {
    name: text,
    generateName: text,
    namespace: text,
    labels,
    annotations: labels,
    // As upstream spells it, where the property is `uid`.
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: integer,
    deletionTimestamp: time,
    generation: integer,
    resourceVersion: text,
    finalizers: texts,
  }),
  spec: declaredObject('kubernetes.NamespaceSpec', { finalizers: texts }),
  status: declaredObject('kubernetes.NamespaceStatus', { conditions: declaredList(conditionType), phase: text }),
});

/** The values of the variables `request` and `namespaceObject`, of JSON that has the form of their types. */
export const readRequest = requestType.read;
export const readNamespace = namespaceType.read;
