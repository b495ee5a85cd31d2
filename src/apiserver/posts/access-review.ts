/** The access reviews: may this user, or I myself, do that, and what may I do at all? */
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
} from '../../api/mod.ts';
import type { JsonObject } from '../../base/mod.ts';
import { ApiError, field, invalid, type FieldError, type Kind, type UserInfo } from '../../machinery/mod.ts';
import { aggregated, rulesOfAll, type Attributes, type Authorizer } from '../authz/authorizer.ts';
import { reviewedSelectors, selectorErrors } from '../authz/selectors.ts';
import type { Result } from '../operation.ts';
import type { ApiServer } from '../server.ts';
import { answer, type PostHandler } from '../subresources.ts';

type AnySpec = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

export const subjectAccessReview: PostHandler = {
  on: 'subjectaccessreviews.authorization.k8s.io',
  async handle(server, kind, _operation, body) {
    const review = body as SubjectAccessReview;
    refuse(kind, [...specErrors(review.spec), ...subjectErrors(review.spec), ...metadataErrors(review.metadata)]);
    return reviewed(server, review, subjectOf(review.spec));
  },
};

export const localSubjectAccessReview: PostHandler = {
  on: 'localsubjectaccessreviews.authorization.k8s.io',
  async handle(server, kind, operation, body) {
    const review = body as LocalSubjectAccessReview;
    const { namespace = '' } = operation;
    if ((review.metadata?.namespace ?? '') !== '' && review.metadata?.namespace !== namespace)
      throw ApiError.badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    const { resourceAttributes, nonResourceAttributes } = review.spec ?? {};
    const { namespace: _, ...metadata } = review.metadata ?? {};
    const errors = [
      ...specErrors(review.spec),
      ...subjectErrors(review.spec),
      ...metadataErrors(metadata, 'must be empty except for namespace'),
    ];
    if (resourceAttributes !== undefined && resourceAttributes.namespace !== namespace)
      errors.push(
        invalid(
          'spec.resourceAttributes.namespace',
          resourceAttributes.namespace ?? '',
          'must match metadata.namespace',
        ),
      );
    if (nonResourceAttributes !== undefined)
      errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
    refuse(kind, errors);
    return reviewed(server, { ...review, metadata: { ...metadata, namespace } }, subjectOf(review.spec));
  },
};

export const selfSubjectAccessReview: PostHandler = {
  on: 'selfsubjectaccessreviews.authorization.k8s.io',
  async handle(server, kind, { user }, body) {
    const review = body as SelfSubjectAccessReview;
    refuse(kind, [...specErrors(review.spec), ...metadataErrors(review.metadata)]);
    return reviewed(server, review, user);
  },
};

export function selfSubjectRulesReview(authorizers: readonly Authorizer[]): PostHandler {
  return {
    on: 'selfsubjectrulesreviews.authorization.k8s.io',
    async handle(_server, _kind, { user }, body) {
      const review = body as SelfSubjectRulesReview;
      const namespace = review.spec?.namespace ?? '';
      if (namespace === '') throw ApiError.badRequest('no namespace on request');
      const { rules, problems, incomplete } = rulesOfAll(authorizers, user, namespace);
      const resourceRules = rules
        .filter(({ resources = [] }) => resources.length > 0)
        .map(({ verbs, apiGroups, resources, resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames === undefined ? {} : { resourceNames }),
        }));
      const nonResourceRules = rules
        .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
      const status = {
        resourceRules,
        nonResourceRules,
        incomplete,
        ...(problems.length === 0 ? {} : { evaluationError: aggregated(problems) }),
      };
      // Upstream's answer does not repeat the question.
      return answer(201, { kind: review.kind, apiVersion: review.apiVersion, metadata: {}, spec: {}, status });
    },
  };
}

type AnyReview = { readonly spec: AnySpec; readonly metadata?: object };

async function reviewed(server: ApiServer, review: AnyReview, user: UserInfo): Promise<Result> {
  const { attributes, problems } = attributesOf(review.spec, user);
  const { verdict, reason, error } = await server.review(attributes);
  const evaluation = [...(error === undefined ? [] : [error]), ...problems].join('; ');
  const status: JsonObject = {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(evaluation === '' ? {} : { evaluationError: evaluation }),
  };
  return answer(201, { ...(review as unknown as JsonObject), status });
}

function subjectOf({ user = '', uid, groups = [], extra }: SubjectAccessReviewSpec): UserInfo {
  return {
    username: user,
    groups,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

interface Asked {
  readonly attributes: Attributes;
  /** What of the question was not understood. */
  readonly problems: readonly string[];
}

function attributesOf({ resourceAttributes = {}, nonResourceAttributes }: AnySpec, user: UserInfo): Asked {
  const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
  if (nonResourceAttributes !== undefined) {
    const { verb = '', path = '' } = nonResourceAttributes;
    return { attributes: { ...nothing, user, verb, path }, problems: [] };
  }
  const { fieldSelector: _, labelSelector: __, verb = '', version = '', ...rest } = resourceAttributes;
  const { selectors, problems } = reviewedSelectors(resourceAttributes);
  // Who names no version means all of them.
  const attributes = { ...nothing, ...rest, user, verb, version: version === '' ? '*' : version, ...selectors };
  return { attributes, problems };
}

function specErrors({ resourceAttributes, nonResourceAttributes }: AnySpec = {}): FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined)
    return [
      invalid(
        'spec.nonResourceAttributes',
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  if (resourceAttributes === undefined && nonResourceAttributes === undefined)
    return [
      invalid(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  const { fieldSelector, labelSelector } = resourceAttributes ?? {};
  const path = field('spec', 'resourceAttributes');
  return [
    ...(fieldSelector === undefined ? [] : selectorErrors(fieldSelector, path.child('fieldSelector'))),
    ...(labelSelector === undefined ? [] : selectorErrors(labelSelector, path.child('labelSelector'))),
  ];
}

function subjectErrors({ user = '', groups = [] }: SubjectAccessReviewSpec = {}): FieldError[] {
  return user === '' && groups.length === 0
    ? [invalid('spec.user', user, 'at least one of user or group must be specified')]
    : [];
}

/** What has no namespace forgets the one that is sent. */
function metadataErrors(metadata: object = {}, text = 'must be empty'): FieldError[] {
  const { managedFields: _, namespace: __, ...rest } = metadata as Record<string, unknown>;
  return Object.values(rest).every((value) => value === null) ? [] : [invalid('metadata', metadata, text)];
}

function refuse(kind: Kind, errors: readonly FieldError[]): void {
  // Upstream has forgotten of which kind it is by then.
  if (errors.length > 0) throw ApiError.invalid({ group: kind.group, kind: '' }, '', errors);
}
