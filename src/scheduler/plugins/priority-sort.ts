/** Pods of higher priority first, then those that have waited longer. */
import { definePlugin } from '../framework.ts';

export const prioritySort = definePlugin({
  name: 'PrioritySort',
  queueSort: (a, b) => b.info.priority - a.info.priority || a.addedMs - b.addedMs,
});
