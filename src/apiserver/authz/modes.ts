/** The authorizers that a cluster has, in their order: `--authorization-mode`, or the list of an AuthorizationConfiguration. */
import type { Store } from '../../store/mod.ts';
import type { Authorizer } from './authorizer.ts';
import { NodeAuthorizer } from './node.ts';
import { privilegedGroup } from './privileged.ts';
import type { RbacAuthorizer } from './rbac.ts';

export const authorizationModes = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;
export type AuthorizationMode = (typeof authorizationModes)[number];

/** A mode by its name, or a webhook. */
export type AuthorizerChoice = Exclude<AuthorizationMode, 'Webhook'> | Authorizer;

export const usualAuthorizers: readonly AuthorizerChoice[] = ['Node', 'RBAC'];

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const everyPath = { verbs: ['*'], nonResourceURLs: ['*'] };

const alwaysAllow: Authorizer = {
  authorize: () => ({ verdict: 'allow', reason: '' }),
  rulesFor: () => ({ rules: [everything, everyPath], problems: [] }),
};

const alwaysDeny: Authorizer = {
  authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }),
};

/** The group that may do everything comes before all of them. */
export function authorizersOf(choices: readonly AuthorizerChoice[], store: Store, rbac: RbacAuthorizer): Authorizer[] {
  const made = choices.map((choice): Authorizer => {
    switch (choice) {
      case 'AlwaysAllow':
        return alwaysAllow;
      case 'AlwaysDeny':
        return alwaysDeny;
      case 'Node':
        return new NodeAuthorizer(store);
      case 'RBAC':
        return rbac;
      default:
        return choice;
    }
  });
  return [privilegedGroup, ...made];
}
