/** The group that may do everything, whatever RBAC says: upstream's `system:masters`. */
import { noOpinion, type Authorizer, type Decision } from './authorizer.ts';

const allow: Decision = { verdict: 'allow', reason: '' };

export const privilegedGroup: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? allow : noOpinion),
};
