/**
 * Answers what expressions ask of `authorizer`. Evaluation does not wait, but who decides may have to ask somebody else: an
 * evaluation that comes to a question without an answer is given up, and begins again when the answer is there. Answers are
 * kept for the request, so no question is asked twice.
 */
import type { Authorize, AuthorizationCheck, AuthorizationDecision } from '../../../cel/mod.ts';
import { TerminalError } from '../../../base/mod.ts';
import type { UserInfo } from '../../../machinery/mod.ts';
import { decide, type Attributes, type Authorizer } from '../../authz/authorizer.ts';

class Unanswered extends TerminalError {
  readonly answer: Promise<void>;
  constructor(answer: Promise<void>) {
    super('an authorizer has to be asked first');
    this.answer = answer;
  }
}

export class Authority {
  readonly #authorizers: readonly Authorizer[];
  readonly #user: UserInfo;
  readonly #answers = new Map<string, AuthorizationDecision>();

  constructor(authorizers: readonly Authorizer[], user: UserInfo) {
    this.#authorizers = authorizers;
    this.#user = user;
  }

  readonly authorize: Authorize = (check) => {
    const key = JSON.stringify(check);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    throw new Unanswered(this.#ask(key, check));
  };

  /** What an evaluation results in that has all answers. It may be begun several times, so it must change nothing. */
  async settle<T>(evaluate: () => T): Promise<T> {
    for (;;) {
      try {
        return evaluate();
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        // An expression can afford few questions: each costs a third of what it may cost at most.
        await error.answer;
      }
    }
  }

  async #ask(key: string, check: AuthorizationCheck): Promise<void> {
    const { verdict, reason, error } = await decide(this.#authorizers, attributesOf(check, this.#user));
    this.#answers.set(key, { allowed: verdict === 'allow', reason, ...(error === undefined ? {} : { error }) });
  }
}

function attributesOf(check: AuthorizationCheck, requester: UserInfo): Attributes {
  const { verb, serviceAccount, path, group = '', resource = '', subresource = '', namespace = '', name = '' } = check;
  const { fieldSelector, labelSelector } = check;
  return {
    user: serviceAccount === undefined ? requester : accountUser(serviceAccount),
    verb,
    group,
    version: '*',
    resource,
    subresource,
    namespace,
    name,
    fieldSelector,
    labelSelector,
    ...(path === undefined ? {} : { path }),
  };
}

function accountUser({ namespace, name }: { readonly namespace: string; readonly name: string }): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}
