/** Priority: a pod's class becomes its number. Pods do not choose the number themselves. */
import { priorityClasses, type Pod, type PodSpec, type PriorityClass } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { forbidden, isOfPods, type AdmissionPlugin, type AdmissionRequest, type ObjectReader } from './admission.ts';

/** Pods without class, where no class is the default. */
const none = { name: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' };

export const priority: AdmissionPlugin = {
  name: 'Priority',
  on: ['pods', 'priorityclasses.scheduling.k8s.io'],
  mutate(request) {
    if (isOfPods(request, 'CREATE')) return resolve(request, request.draft as Pod);
    if (!isOfPods(request, 'UPDATE')) return undefined;
    const { spec } = request.draft as Pod;
    const before = (request.old as DeepReadonly<Pod> | undefined)?.spec;
    // Clients that send their manifest again do not know the number.
    if (spec !== undefined && spec.priority === undefined && before?.priority !== undefined)
      spec.priority = before.priority;
    if (spec !== undefined && spec.preemptionPolicy === undefined && before?.preemptionPolicy !== undefined)
      spec.preemptionPolicy = before.preemptionPolicy;
    return undefined;
  },
  validate(request) {
    const { operation, kind, draft, objects, name } = request;
    if (
      kind.group !== priorityClasses.group ||
      kind.plural !== priorityClasses.plural ||
      (operation !== 'CREATE' && operation !== 'UPDATE')
    )
      return;
    if ((draft as PriorityClass).globalDefault !== true) return;
    const other = defaultClass(objects);
    if (other !== undefined && other.metadata.name !== name)
      throw forbidden(
        request,
        `PriorityClass ${other.metadata.name ?? ''} is already marked as default. Only one default can exist`,
      );
  },
};

function resolve(request: AdmissionRequest, { spec }: Pod): void {
  if (spec === undefined) return;
  const { name, value, preemptionPolicy } = classOf(request, spec);
  if (name !== '') spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value)
    throw forbidden(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy)
    throw forbidden(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  spec.priority = value;
  spec.preemptionPolicy = preemptionPolicy;
}

function classOf(request: AdmissionRequest, { priorityClassName = '' }: PodSpec): typeof none {
  const { objects } = request;
  const found = priorityClassName === '' ? defaultClass(objects) : objects.get(priorityClasses, priorityClassName);
  if (found !== undefined)
    return {
      name: found.metadata.name ?? '',
      value: found.value ?? 0,
      preemptionPolicy: found.preemptionPolicy ?? none.preemptionPolicy,
    };
  if (priorityClassName !== '') throw forbidden(request, `no PriorityClass with name ${priorityClassName} was found`);
  return none;
}

/** There can be two for a moment: then the lower one counts. */
function defaultClass(objects: ObjectReader): DeepReadonly<PriorityClass> | undefined {
  return objects
    .list(priorityClasses)
    .filter(({ globalDefault }) => globalDefault === true)
    .reduce<DeepReadonly<PriorityClass> | undefined>(
      (lowest, one) => (lowest === undefined || (one.value ?? 0) < (lowest.value ?? 0) ? one : lowest),
      undefined,
    );
}
