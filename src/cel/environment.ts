/**
 * What an expression may speak of: variables with their types, functions, macros, types. An environment is made once and
 * compiles many expressions; extending it makes another one and leaves it as it was.
 */
import { type DeclType, fieldOf } from './decl-type.ts';
import type { FunctionDeclaration, Library, Overload } from './function.ts';
import { type Macro, macroKey } from './macros.ts';
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  nullType,
  optionalType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from './types.ts';
import type { Result, Value } from './values.ts';

/** A type of messages that expressions may make: `Object.spec{replicas: 3}`. */
export interface MessageType {
  readonly type: CelType;
  /** Undefined: the message has no such field. */
  field(name: string): CelType | undefined;
  create(fields: ReadonlyMap<string, Value>): Result;
}

export interface EnvironmentOptions {
  /** Of a type of the language, or one that a schema declares: then fields are checked and sizes are known. */
  readonly variables?: Readonly<Record<string, CelType | DeclType>>;
  readonly libraries?: readonly Library[];
  /** Finds types of messages by their full name. */
  readonly messages?: (name: string) => MessageType | undefined;
}

const typeNames: ReadonlyMap<string, CelType> = new Map([
  ['bool', boolType],
  ['bytes', bytesType],
  ['double', doubleType],
  ['dyn', dynType],
  ['google.protobuf.Duration', durationType],
  ['google.protobuf.Timestamp', timestampType],
  ['int', intType],
  ['list', listType(dynType)],
  ['map', mapType(dynType, dynType)],
  ['null_type', nullType],
  ['optional_type', optionalType(dynType)],
  ['string', stringType],
  ['type', typeType()],
  ['uint', uintType],
]);

/** What libraries bring, made once for all environments that have the same ones. */
interface Vocabulary {
  readonly macros: ReadonlyMap<string, Macro>;
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly types: ReadonlyMap<string, CelType>;
}

function vocabularyOf(libraries: readonly Library[]): Vocabulary {
  const types = libraries.flatMap((library) => library.types ?? []);
  const macros = libraries.flatMap((library) => library.macros ?? []);
  return {
    macros: new Map(macros.map((macro) => [macroKey(macro.name, macro.argCount, macro.receiver), macro])),
    functions: mergeFunctions(libraries),
    types: new Map([...typeNames, ...types.map((type) => [type.name, type] as const)]),
  };
}

export class Environment {
  readonly #vocabulary: Vocabulary;
  readonly #variables: ReadonlyMap<string, CelType>;
  /** The variables that a schema declares. */
  readonly #declared: ReadonlyMap<string, DeclType>;
  readonly #messages: (name: string) => MessageType | undefined;
  /** Object types by name; grows as the checker walks down the declared variables. */
  readonly #objects = new Map<string, DeclType>();
  readonly #options: EnvironmentOptions;

  constructor(options: EnvironmentOptions, vocabulary = vocabularyOf(options.libraries ?? [])) {
    const { variables = {}, messages = () => undefined } = options;
    this.#options = options;
    this.#vocabulary = vocabulary;
    const types = new Map<string, CelType>();
    const declared = new Map<string, DeclType>();
    for (const [name, type] of Object.entries(variables)) {
      if ('read' in type) declared.set(name, type);
      types.set(name, 'read' in type ? type.type : type);
    }
    this.#variables = types;
    this.#declared = declared;
    this.#messages = messages;
    for (const decl of declared.values()) this.#register(decl);
  }

  /** The same with more; what has the same name is replaced. */
  extend({ variables, libraries = [], messages }: EnvironmentOptions): Environment {
    const own = this.#options;
    const find = messages ?? own.messages;
    const options = {
      variables: { ...own.variables, ...variables },
      libraries: [...(own.libraries ?? []), ...libraries],
      ...(find === undefined ? {} : { messages: find }),
    };
    return new Environment(options, libraries.length === 0 ? this.#vocabulary : vocabularyOf(options.libraries));
  }

  get macros(): ReadonlyMap<string, Macro> {
    return this.#vocabulary.macros;
  }

  variable(name: string): CelType | undefined {
    return this.#variables.get(name);
  }

  declared(name: string): DeclType | undefined {
    return this.#declared.get(name);
  }

  function(name: string): FunctionDeclaration | undefined {
    return this.#vocabulary.functions.get(name);
  }

  /** A type that is named in an expression. */
  namedType(name: string): CelType | undefined {
    return this.#vocabulary.types.get(name) ?? this.#messages(name)?.type;
  }

  message(name: string): MessageType | undefined {
    return this.#messages(name);
  }

  /** The type of an object's field; undefined when there is no such field. */
  field(objectName: string, name: string): CelType | undefined {
    const decl = this.#objects.get(objectName);
    if (decl === undefined) return this.#messages(objectName)?.field(name);
    const field = fieldOf(decl, name);
    if (field !== undefined) this.#register(field.type);
    return field?.type.type;
  }

  #register(decl: DeclType): void {
    if (decl.items !== undefined) this.#register(decl.items);
    else if (decl.type.kind === 'object') this.#objects.set(decl.type.name, decl);
  }
}

/** Several libraries may have overloads of one function. */
function mergeFunctions(libraries: readonly Library[]): ReadonlyMap<string, FunctionDeclaration> {
  const merged = new Map<string, FunctionDeclaration>();
  for (const declaration of libraries.flatMap((library) => library.functions)) {
    const { name } = declaration;
    const known = merged.get(name);
    const overloads = new Map<string, Overload>();
    for (const overload of [...(known?.overloads ?? []), ...declaration.overloads])
      overloads.set(overload.id, overload);
    merged.set(name, { ...known, ...declaration, overloads: [...overloads.values()] });
  }
  return merged;
}
