/** ReplicationController: the older ReplicaSet, which selects its pods by labels alone. */
import { replicationControllers, type ReplicationController } from '../api/mod.ts';
import { replicaController, type ReplicaKind } from './replicas.ts';

const kind: ReplicaKind<ReplicationController> = {
  resource: replicationControllers,
  name: 'replicationcontroller-controller',
  selector: ({ spec }) => (spec?.selector === undefined ? undefined : { matchLabels: spec.selector }),
  countsTerminating: false,
};

export const replicationController = replicaController(kind);
