/** A status that an object of each kind may be given, for the walk over the kinds that have one to be written. */
const time = '2026-03-04T05:06:07Z';
const condition = { type: 'Tried', status: 'True', reason: 'Tried', message: 'as a test', lastTransitionTime: time };

export const statuses: Readonly<Record<string, object>> = {
  '/Namespace': { conditions: [{ ...condition, type: 'NamespaceDeletionContentFailure' }] },
  '/Node': { conditions: [{ ...condition, lastHeartbeatTime: time }] },
  '/PersistentVolume': { phase: 'Available', message: 'tried' },
  '/PersistentVolumeClaim': { phase: 'Lost', conditions: [{ ...condition, type: 'Resizing', lastProbeTime: null }] },
  '/Pod': { conditions: [{ ...condition, lastProbeTime: null }], message: 'tried' },
  '/ReplicationController': { replicas: 1, conditions: [condition] },
  '/ResourceQuota': { hard: { pods: '10' }, used: { pods: '0' } },
  '/Service': { conditions: [condition] },
  'apiregistration.k8s.io/APIService': { conditions: [condition] },
  'apps/DaemonSet': { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1 },
  'apps/Deployment': { replicas: 1, conditions: [{ ...condition, lastUpdateTime: time }] },
  'apps/ReplicaSet': { replicas: 1, conditions: [condition] },
  'apps/StatefulSet': { replicas: 1, readyReplicas: 1, conditions: [condition] },
  'autoscaling/HorizontalPodAutoscaler': { desiredReplicas: 2, currentReplicas: 1 },
  'batch/CronJob': { lastScheduleTime: time },
  'batch/Job': { active: 1, ready: 1, startTime: time },
  'certificates.k8s.io/CertificateSigningRequest': {
    conditions: [{ ...condition, type: 'Failed', lastUpdateTime: time }],
  },
  'networking.k8s.io/Ingress': { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
  'networking.k8s.io/ServiceCIDR': { conditions: [{ ...condition, type: 'Ready' }] },
  'policy/PodDisruptionBudget': {
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
    conditions: [condition],
  },
  'storage.k8s.io/VolumeAttachment': { attached: true, attachmentMetadata: { tried: 'yes' } },
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': { observedGeneration: 1, conditions: [condition] },
  'apiextensions.k8s.io/CustomResourceDefinition': { conditions: [condition] },
  'flowcontrol.apiserver.k8s.io/FlowSchema': { conditions: [condition] },
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': { conditions: [condition] },
  'resource.k8s.io/ResourceClaim': {
    allocation: { devices: { results: [{ request: 'one', driver: 'example.com', pool: 'p', device: 'd' }] } },
  },
  'resource.k8s.io/DeviceTaintRule': { conditions: [condition] },
  'certificates.k8s.io/PodCertificateRequest': { conditions: [{ ...condition, type: 'Denied' }] },
  'resource.k8s.io/ResourcePoolStatusRequest': { poolCount: 0, conditions: [condition] },
  'internal.apiserver.k8s.io/StorageVersion': { conditions: [condition] },
  'scheduling.k8s.io/PodGroup': { conditions: [condition] },
  'storagemigration.k8s.io/StorageVersionMigration': { conditions: [condition] },
};
