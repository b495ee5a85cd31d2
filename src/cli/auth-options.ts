/** The options that say who is who and who may do what: upstream's, by their names. */
import type { Option } from './command.ts';

const file = (help: string): Option => ({ type: 'string', value: 'FILE', help });
const list = (help: string): Option => ({ type: 'string', value: 'A,B', help, isList: true });
const text = (value: string, help: string): Option => ({ type: 'string', value, help });

export const authOptions = {
  'api-audiences': list('Whom tokens of accounts must be for to be taken (default: the issuers)'),
  'anonymous-auth': text('BOOL', 'Whether requests without a credential are taken (default: true)'),
  'authentication-config': file('AuthenticationConfiguration: issuers of tokens, and anonymous requests'),
  'authentication-token-webhook-config-file': file('kubeconfig of a webhook that knows tokens'),
  'authentication-token-webhook-version': text('VERSION', 'Of its TokenReview: v1 or v1beta1 (default: v1beta1)'),
  'authentication-token-webhook-cache-ttl': text('TIME', 'How long its answers are kept (default: 2m)'),
  'authorization-config': file('AuthorizationConfiguration: the authorizers in their order'),
  'authorization-mode': list('Authorizers: ABAC, AlwaysAllow, AlwaysDeny, Node, RBAC, Webhook (default: Node,RBAC)'),
  'authorization-policy-file': file('Policies of ABAC, one on each line'),
  'authorization-webhook-config-file': file('kubeconfig of a webhook that authorizes'),
  'authorization-webhook-version': text('VERSION', 'Of its SubjectAccessReview: v1 or v1beta1 (default: v1beta1)'),
  'authorization-webhook-cache-authorized-ttl': text('TIME', 'How long what it allows is kept (default: 5m)'),
  'authorization-webhook-cache-unauthorized-ttl': text('TIME', 'How long what it refuses is kept (default: 30s)'),
  'oidc-issuer-url': text('URL', 'An identity provider whose tokens are taken'),
  'oidc-client-id': text('ID', 'The audience that its tokens must have'),
  'oidc-ca-file': file('CAs that the identity provider is trusted by (default: the well-known ones)'),
  'oidc-username-claim': text('CLAIM', 'Which claim is the name of the user (default: sub)'),
  'oidc-username-prefix': text(
    'TEXT',
    'What comes before it; - for nothing (default: the URL and #, nothing for email)',
  ),
  'oidc-groups-claim': text('CLAIM', 'Which claim holds the groups'),
  'oidc-groups-prefix': text('TEXT', 'What comes before each of them'),
  'oidc-required-claim': list('KEY=VALUE that tokens must have'),
  'oidc-signing-algs': list('Algorithms that tokens may be signed with (default: RS256)'),
  'proxy-client-cert-file': file("Shown to extension API servers (default: of the cluster's own front proxy)"),
  'proxy-client-key-file': file('Its key'),
  'requestheader-client-ca-file': file("CAs of front proxies (default: the cluster's own)"),
  'requestheader-allowed-names': list('Common names of front proxies (default: all that their CA signed)'),
  'requestheader-username-headers': list('Headers that name the user (default: X-Remote-User)'),
  'requestheader-uid-headers': list("Headers with the user's uid (default: X-Remote-Uid)"),
  'requestheader-group-headers': list("Headers with the user's groups (default: X-Remote-Group)"),
  'requestheader-extra-headers-prefix': list('What headers with more begin with (default: X-Remote-Extra-)'),
  'service-account-extend-token-expiration': text(
    'BOOL',
    'Whether mounted tokens outlive their renewal (default: true)',
  ),
  'service-account-issuer': list('Who issues tokens of accounts; those of all but the first are only taken'),
  'service-account-jwks-uri': text('URL', 'Where others find the keys of tokens (default: this server)'),
  'service-account-key-file': list('Files with more keys that tokens of accounts may be signed with'),
  'service-account-max-token-expiration': text('TIME', 'How long tokens of accounts are good at most'),
  'service-account-signing-key-file': file('The key that signs tokens of accounts (default: one of its own)'),
  'token-auth-file': file('Tokens: token,user,uid,"group1,group2" on each line'),
} as const satisfies Record<string, Option>;
