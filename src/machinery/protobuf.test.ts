import assert from 'node:assert/strict';
import { test } from 'node:test';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import { HostError } from '../base/mod.ts';
import { compileDecoder } from './decode.ts';
import { protobufCodec, unwrapUnknown, wrapUnknown } from './protobuf.ts';

const codec = protobufCodec(facts);
const roundTrip = (schema: string, object: Record<string, unknown>): unknown => {
  const decoder = compileDecoder(schema, facts);
  const clean = decoder.decode(object).object;
  const { raw } = unwrapUnknown(wrapUnknown('v1', 'X', codec.encode(schema, clean)));
  return [
    clean,
    decoder.decode({ ...codec.decode(schema, raw), kind: object['kind'], apiVersion: object['apiVersion'] }).object,
  ];
};

const samples: Record<string, Record<string, unknown>> = {
  'io.k8s.api.core.v1.Pod': {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name: 'a',
      labels: { x: 'y' },
      creationTimestamp: '2026-01-02T03:04:05Z',
      managedFields: [{ fieldsV1: { 'f:a': {} } }],
    },
    spec: {
      volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }],
      containers: [
        {
          name: 'c',
          resources: { requests: { cpu: '100m' } },
          livenessProbe: { httpGet: { port: 'http', path: '/' } },
          readinessProbe: { tcpSocket: { port: 80 } },
          securityContext: { privileged: false },
        },
      ],
    },
  },
  'io.k8s.api.core.v1.Secret': { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' }, data: { k: 'AAECAw==' } },
  'io.k8s.api.coordination.v1.Lease': {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    metadata: {},
    spec: { renewTime: '2026-01-02T03:04:05.000006Z' },
  },
  'io.k8s.api.authorization.v1.SubjectAccessReview': {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { extra: { a: ['b', 'c'] } },
  },
};

for (const [schema, object] of Object.entries(samples)) {
  test(`${schema} comes back from protobuf as it went in`, () => {
    const [before, after] = roundTrip(schema, object) as [unknown, unknown];
    assert.deepEqual(after, before);
  });
}

test('what is no envelope, or is cut short, is refused', () => {
  assert.throws(() => unwrapUnknown(Uint8Array.of(1, 2, 3, 4, 5)), HostError);
  const bytes = wrapUnknown('v1', 'Secret', codec.encode('io.k8s.api.core.v1.Secret', { metadata: { name: 's' } }));
  const { raw } = unwrapUnknown(bytes);
  assert.throws(() => codec.decode('io.k8s.api.core.v1.Secret', raw.subarray(0, raw.length - 3)), HostError);
});
