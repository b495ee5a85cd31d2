/** Binds a pod by POSTing to its `binding`. The uid makes sure that it is not another pod of the same name. */
import { pods, type Binding } from '../../api/mod.ts';
import type { KubeObject } from '../../machinery/mod.ts';
import { definePlugin } from '../framework.ts';

export const defaultBinder = definePlugin({
  name: 'DefaultBinder',
  async bind({ pod, uid }, nodeName, { client, cause }) {
    const { namespace = '', name = '' } = pod.metadata;
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: nodeName },
    };
    await client.create<KubeObject>(pods, binding, { subresource: 'binding', cause });
  },
});
