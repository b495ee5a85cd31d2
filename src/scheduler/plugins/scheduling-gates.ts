/** Keeps a pod out of the queue while it has scheduling gates. The API server writes the condition that says so. */
import { definePlugin } from '../framework.ts';

export const schedulingGates = definePlugin({
  name: 'SchedulingGates',
  preEnqueue({ pod }) {
    const gates = pod.spec?.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return `waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`;
  },
});
