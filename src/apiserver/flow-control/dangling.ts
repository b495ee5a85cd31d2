/** Keeps the condition `Dangling` of every FlowSchema true to whether its priority level is there. */
import { errorText, rfc3339, type Clock, type DeepReadonly, type Log } from '../../base/mod.ts';
import { flowSchemas, priorityLevelConfigurations, type FlowSchema } from '../../api/mod.ts';
import type { Client } from '../../client/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { Store } from '../../store/mod.ts';

export interface DanglingWorld {
  readonly store: Store;
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
}

export function keepDangling(world: DanglingWorld): Disposable {
  const { store, log } = world;
  const watched = new Set([flowSchemas.collection ?? '', priorityLevelConfigurations.collection ?? '']);
  let changed = false;
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    while (changed) {
      changed = false;
      // What changes at once is looked at once.
      await Promise.resolve();
      await update(world).catch((error: unknown) =>
        log.warn('the status of a FlowSchema cannot be written', { error: errorText(error) }),
      );
    }
    running = false;
  };
  const look = (): void => {
    changed = true;
    if (!running) void run();
  };
  const subscription = store.subscribe(look, watched);
  look();
  return { [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}

async function update({ store, client, clock }: DanglingWorld): Promise<void> {
  const schemas: DeepReadonly<FlowSchema>[] = [];
  store.current
    .collection(flowSchemas.collection ?? '')
    .scan((entry) => void schemas.push(entry.value as unknown as DeepReadonly<FlowSchema>));
  for (const schema of schemas) {
    const level = schema.spec?.priorityLevelConfiguration.name ?? '';
    const there = store.current.get(priorityLevelConfigurations.collection ?? '', level) !== undefined;
    const wanted = there
      ? {
          status: 'False',
          reason: 'Found',
          message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`,
        }
      : {
          status: 'True',
          reason: 'NotFound',
          message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" but there is no such object`,
        };
    const now = schema.status?.conditions?.find(({ type }) => type === 'Dangling');
    if (now?.status === wanted.status && now.reason === wanted.reason && now.message === wanted.message) continue;
    const lastTransitionTime =
      now?.status === wanted.status && now.lastTransitionTime != null ? now.lastTransitionTime : rfc3339(clock.now());
    const condition = { type: 'Dangling', ...wanted, lastTransitionTime };
    await client
      .patch(
        flowSchemas,
        { name: schema.metadata.name ?? '' },
        { type: 'strategic', body: { status: { conditions: [condition] } } },
        { subresource: 'status', fieldManager: 'api-priority-and-fairness-config-consumer-v1' },
      )
      // Gone meanwhile.
      .catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
  }
}
