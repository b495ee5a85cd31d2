/** PriorityLevelConfiguration: how many requests of a level are served at once, and how the others wait. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  inclusiveRangeError,
  invalid,
  nameColumn,
  notSupported,
  required,
  type Column,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import { internalForm } from '../internal-form.ts';
import { keepMetadata } from '../status-metadata.ts';
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../upstream/types.ts';
import { conditionErrors, flowcontrolGroup } from './group.ts';

type ReadonlyLevel = DeepReadonly<PriorityLevelConfiguration>;
type ReadonlySpec = DeepReadonly<PriorityLevelConfigurationSpec>;

const specPath = field('spec');
const queuesMax = 10_000_000;
/** Queues are picked by one hash; it must have the bits for it. */
const hashBitsMax = 60;

/** The levels that are always there, in the form that nobody may change. */
export const mandatoryPriorityLevels: Readonly<Record<string, ReadonlySpec>> = {
  'catch-all': {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 },
  },
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
};

function levelErrors(level: ReadonlyLevel): FieldError[] {
  const errors: Errors = [];
  const { metadata, spec = { type: '' } } = level;
  const name = metadata.name ?? '';
  checkSpec(errors, spec, name);
  const mandatory = mandatoryPriorityLevels[name];
  const refuse = (detail: string): void =>
    void errors.push(
      invalid(specPath, internalForm('io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec', spec), detail),
    );
  if (name === 'exempt') {
    const { exempt: _exempt, ...rest } = spec;
    if (!jsonEqual(rest, { type: 'Exempt' }))
      refuse("spec of 'exempt' except the 'spec.exempt' field must equal the fixed value");
  } else if (mandatory !== undefined && !jsonEqual(spec, mandatory))
    refuse(`spec of '${name}' must equal the fixed value`);
  return [...errors, ...conditionErrors(level)];
}

function checkSpec(errors: Errors, { type, limited, exempt }: ReadonlySpec, name: string): void {
  const [typePath, limitedPath, exemptPath] = [
    specPath.child('type'),
    specPath.child('limited'),
    specPath.child('exempt'),
  ];
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalid(typePath, type, "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden(limitedPath, 'must be nil if the type is not Limited'));
    if (exempt === undefined) errors.push(required(exemptPath, 'must not be empty if the type is Exempt'));
    else checkExempt(errors, exempt, exemptPath);
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(forbidden(exemptPath, 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(required(limitedPath, 'must not be empty when type is Limited'));
    else checkLimited(errors, limited, limitedPath);
  } else errors.push(notSupported(typePath, type, ['Exempt', 'Limited']));
}

function checkExempt(errors: Errors, exempt: DeepReadonly<ExemptPriorityLevelConfiguration>, path: FieldPath): void {
  checkShares(errors, exempt.nominalConcurrencyShares, path);
  checkLendable(errors, exempt.lendablePercent, path);
}

function checkLimited(errors: Errors, limited: DeepReadonly<LimitedPriorityLevelConfiguration>, path: FieldPath): void {
  checkShares(errors, limited.nominalConcurrencyShares, path);
  checkLimitResponse(errors, limited.limitResponse ?? { type: '' }, path.child('limitResponse'));
  checkLendable(errors, limited.lendablePercent, path);
  const { borrowingLimitPercent: borrowing = 0 } = limited;
  if (borrowing < 0)
    errors.push(
      invalid(path.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer'),
    );
}

function checkShares(errors: Errors, shares: number | undefined, path: FieldPath): void {
  if (shares !== undefined && shares < 0)
    errors.push(invalid(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer'));
}

function checkLendable(errors: Errors, percent: number | undefined, path: FieldPath): void {
  if (percent !== undefined && (percent < 0 || percent > 100))
    errors.push(invalid(path.child('lendablePercent'), percent, inclusiveRangeError(0, 100)));
}

function checkLimitResponse(errors: Errors, { type, queuing }: DeepReadonly<LimitResponse>, path: FieldPath): void {
  const at = path.child('queuing');
  if (type === 'Reject') {
    if (queuing !== undefined) errors.push(forbidden(at, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (type === 'Queue') {
    if (queuing === undefined) errors.push(required(at, 'must not be empty if limited.limitResponse.type is Limited'));
    else checkQueuing(errors, queuing, at);
  } else errors.push(notSupported(path.child('type'), type, ['Queue', 'Reject']));
}

function checkQueuing(
  errors: Errors,
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: DeepReadonly<QueuingConfiguration>,
  path: FieldPath,
): void {
  const mustBePositive = 'must be positive';
  if (queueLengthLimit <= 0) errors.push(invalid(path.child('queueLengthLimit'), queueLengthLimit, mustBePositive));
  if (queues <= 0) errors.push(invalid(path.child('queues'), queues, mustBePositive));
  else if (queues > queuesMax)
    errors.push(invalid(path.child('queues'), queues, `must not be greater than ${queuesMax}`));
  const bits = Math.ceil(Math.log2(queues) * handSize);
  const wrong =
    handSize <= 0
      ? mustBePositive
      : handSize > queues
        ? `should not be greater than queues (${queues})`
        : bits > hashBitsMax
          ? `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBitsMax}`
          : undefined;
  if (wrong !== undefined) errors.push(invalid(path.child('handSize'), handSize, wrong));
}

type Cell = (spec: ReadonlySpec) => string | number | undefined;

/** A column that is a string even where it shows a number. */
function limit(name: string, description: string, of: Cell): Column<PriorityLevelConfiguration> {
  return column(name, description, ({ spec }) => (spec === undefined ? undefined : of(spec)) ?? none);
}

export const priorityLevelConfigurations = defineKind<PriorityLevelConfiguration>({
  group: flowcontrolGroup,
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  strategy: {
    generation: true,
    defaults({ spec }) {
      const { exempt, limited } = spec ?? {};
      if (exempt !== undefined) {
        exempt.nominalConcurrencyShares ??= 0;
        exempt.lendablePercent ??= 0;
      }
      if (limited === undefined) return;
      limited.nominalConcurrencyShares ??= 30;
      limited.lendablePercent ??= 0;
      const { queuing } = limited.limitResponse ?? {};
      if (queuing === undefined) return;
      // Zero counts as nothing here.
      if ((queuing.queues ?? 0) === 0) queuing.queues = 64;
      if ((queuing.handSize ?? 0) === 0) queuing.handSize = 8;
      if ((queuing.queueLengthLimit ?? 0) === 0) queuing.queueLengthLimit = 50;
    },
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: levelErrors,
    validateUpdate: levelErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: conditionErrors } },
  },
  columns: [
    nameColumn(),
    column('Type', 'Whether requests of the level are limited.', ({ spec }) => spec?.type ?? ''),
    limit(
      'NominalConcurrencyShares',
      'The share of the level in what is served at once.',
      ({ limited }) => limited?.nominalConcurrencyShares,
    ),
    limit('Queues', 'How many queues there are.', ({ limited }) => limited?.limitResponse?.queuing?.queues),
    limit('HandSize', 'How many queues a flow has.', ({ limited }) => limited?.limitResponse?.queuing?.handSize),
    limit(
      'QueueLengthLimit',
      'How many requests may wait in a queue.',
      ({ limited }) => limited?.limitResponse?.queuing?.queueLengthLimit,
    ),
    ageColumn(),
  ],
});
