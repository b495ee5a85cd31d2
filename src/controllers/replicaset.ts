/** ReplicaSet: as many pods of its template as `spec.replicas` says. */
import { replicaSets, type ReplicaSet } from '../api/mod.ts';
import { replicaController, type ReplicaKind } from './replicas.ts';

const kind: ReplicaKind<ReplicaSet> = {
  resource: replicaSets,
  name: 'replicaset-controller',
  selector: ({ spec }) => spec?.selector,
  countsTerminating: true,
};

export const replicaSet = replicaController(kind);
