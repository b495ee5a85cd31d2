/** The authorizers that a cluster has, in their order: `--authorization-mode`, or the list of an AuthorizationConfiguration. */
import { HostError } from '../../base/mod.ts';
import type { UserInfo } from '../../machinery/mod.ts';
import type { Store } from '../../store/mod.ts';
import { decide, rulesOfAll, type Attributes, type Authorizer, type Decision, type RulesFor } from './authorizer.ts';
import { NodeAuthorizer } from './node.ts';
import { privilegedGroup } from './privileged.ts';
import type { RbacAuthorizer } from './rbac.ts';

export const authorizationModes = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;
export type AuthorizationMode = (typeof authorizationModes)[number];

/** A mode by its name, or what needs more than that: a webhook, or the policies of a file. */
export type AuthorizerChoice = Exclude<AuthorizationMode, 'Webhook' | 'ABAC'> | Authorizer;

export const usualAuthorizers: readonly AuthorizerChoice[] = ['Node', 'RBAC'];

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const everyPath = { verbs: ['*'], nonResourceURLs: ['*'] };

const alwaysAllow: Authorizer = {
  authorize: () => ({ verdict: 'allow', reason: '' }),
  rulesFor: () => ({ rules: [everything, everyPath], problems: [], incomplete: false }),
};

const alwaysDeny: Authorizer = {
  authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }),
};

/** The authorizers of a server. It may be told of others while it runs: which modes there are stays as it was. */
export class ConfiguredAuthorizers implements Authorizer {
  readonly #own: ReadonlyMap<AuthorizerChoice, Authorizer>;
  #current: readonly Authorizer[];

  constructor(choices: readonly AuthorizerChoice[], store: Store, rbac: RbacAuthorizer) {
    const own = new Map<AuthorizerChoice, Authorizer>([
      ['AlwaysAllow', alwaysAllow],
      ['AlwaysDeny', alwaysDeny],
    ]);
    if (choices.includes('Node')) own.set('Node', new NodeAuthorizer(store));
    if (choices.includes('RBAC')) own.set('RBAC', rbac);
    this.#own = own;
    this.#current = this.#made(choices);
  }

  /** From the next request on. Throws HostError for a mode that needs to be there from the start. */
  use(choices: readonly AuthorizerChoice[]): void {
    this.#current = this.#made(choices);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    return decide(this.#current, attributes);
  }

  rulesFor(user: UserInfo, namespace: string): RulesFor {
    return rulesOfAll(this.#current, user, namespace);
  }

  /** The group that may do everything comes before all of them. */
  #made(choices: readonly AuthorizerChoice[]): Authorizer[] {
    const made = choices.map((choice): Authorizer => {
      if (typeof choice !== 'string') return choice;
      const own = this.#own.get(choice);
      if (own !== undefined) return own;
      throw new HostError(
        'Configuration',
        `authorizer type ${choice} is not allowed if it was not enabled at initial server startup`,
      );
    });
    return [privilegedGroup, ...made];
  }
}
