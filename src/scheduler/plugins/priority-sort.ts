/** Pods of higher priority first, then those that have waited longer. */
import type { Plugin } from '../framework.ts';

export const prioritySort: Plugin = {
  name: 'PrioritySort',
  queueSort: (a, b) => b.info.priority - a.info.priority || a.addedMs - b.addedMs,
};
