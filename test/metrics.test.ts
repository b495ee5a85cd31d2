/** `/metrics` as whoever scrapes it sees it: upstream's names, labels and forms, for what was really done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer, startCluster, type TestCluster } from '../src/main/testing.ts';
import {
  AdmissionServer,
  allowed,
  configMap,
  configMapsPath,
  denied,
  mutating,
  validating,
} from './admission/webhook-server.ts';
import { Api } from './custom-resources.ts';
import { RawHttp } from './raw-http.ts';

/** What is told, by name and labels. Each line must be of the text form. */
async function scraped(cluster: TestCluster, path = '/metrics'): Promise<ReadonlyMap<string, number>> {
  using http = new RawHttp(cluster.endpoint);
  const { headers, text } = await http.send({ path });
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, name = '', type = ''] = /^# TYPE ([a-z_0-9]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== '') {
      assert.equal(types.has(name), false, `${name} is told once`);
      types.set(name, type);
    }
    if (line.startsWith('#')) {
      assert.match(line, /^# (?:HELP|TYPE) [a-z_0-9]+ \S/);
      continue;
    }
    const [, metric = '', labels = '', value = ''] =
      /^([a-z_0-9]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)$/.exec(line) ?? [];
    assert.ok(types.has(metric) || types.has(metric.replace(/_(?:bucket|sum|count)$/, '')), line);
    values.set(metric + labels, Number(value));
    assert.ok(!Number.isNaN(Number(value)), line);
  }
  return values;
}

function of(values: ReadonlyMap<string, number>, prefix: string): Record<string, number> {
  return Object.fromEntries([...values].filter(([name]) => name.startsWith(prefix)));
}

const shape = (more: Readonly<Record<string, string>>): string => {
  const labels = {
    component: 'apiserver',
    group: '',
    resource: '',
    scope: '',
    subresource: '',
    verb: '',
    version: 'v1',
  };
  const all = Object.entries({ ...labels, ...more }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${all.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
};

test('requests are counted by what was asked for, never by names', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  using http = new RawHttp(cluster.endpoint);
  await http.send({ path: '/api/v1/namespaces/default' });
  await http.send({ path: '/api/v1/namespaces/kube-system' });
  await http.send({ path: '/api/v1/made-up' });
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
  await http.json('POST', `${configMaps}?dryRun=All`, object);
  await http.json('PATCH', `${configMaps}/a?fieldManager=x`, object, {
    'content-type': 'application/apply-patch+yaml',
  });
  await http.send({ path: `${configMaps}?watch=true&timeoutSeconds=1` });
  await http.send({ path: '/api/v1/endpoints' });
  const values = await scraped(cluster);
  const total = (more: Readonly<Record<string, string>>): number | undefined =>
    values.get(`apiserver_request_total${shape({ dry_run: '', ...more })}`);
  const read = { resource: 'namespaces', scope: 'resource', verb: 'GET' };
  assert.equal(total({ ...read, code: '200' }), 2);
  assert.equal(total({ component: '', verb: 'GET', version: '', code: '404' }), 1);
  const written = { resource: 'configmaps', scope: 'resource', code: '201' };
  assert.equal(total({ ...written, verb: 'POST', dry_run: 'All' }), 1);
  assert.equal(total({ ...written, verb: 'APPLY' }), 1);
  assert.equal(total({ resource: 'configmaps', scope: 'namespace', verb: 'WATCH', code: '200' }), 1, 'once it is over');
  const labels = shape({ dry_run: '', ...read });
  assert.equal(values.get(`apiserver_request_duration_seconds_count${labels}`), 2);
  assert.equal(values.get(`apiserver_request_duration_seconds_bucket${labels.slice(0, -1)},le="+Inf"}`), 2);
  assert.equal(values.get(`apiserver_request_sli_duration_seconds_count${shape(read)}`), 2);
  assert.equal(values.get(`apiserver_response_sizes_bucket${shape(read).slice(0, -1)},le="1e+06"}`), 2);
  const watch = shape({ resource: 'configmaps', scope: 'namespace', verb: 'WATCH' });
  assert.deepEqual(
    [...values.keys()].filter((name) => name.includes('sli') && name.includes('WATCH')),
    [],
  );
  assert.equal(values.get(`apiserver_longrunning_requests${watch}`), 0);
  assert.deepEqual(of(values, 'apiserver_requested_deprecated_apis'), {
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="endpoints",subresource="",version="v1"}': 1,
  });
  assert.equal(values.get('apiserver_storage_objects{resource="namespaces"}'), 4);
  assert.equal(values.get('apiserver_resource_objects{group="apps",resource="deployments"}'), 0);
  assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 1e6);
  assert.equal(
    [...values.keys()].some((name) => /made-up|"kube-system"/.test(name)),
    false,
  );
});

test('who came and what was decided is counted', async () => {
  await using cluster = await startApiServer({ https: true });
  using http = new RawHttp(cluster.endpoint);
  using nobody = new RawHttp(cluster.endpoint, { certificate: false });
  await http.send({ path: '/version' });
  await nobody.send({ path: '/api/v1/nodes' });
  await nobody.send({ path: '/version', headers: { authorization: 'Bearer nonsense' } });
  const values = await scraped(cluster);
  assert.deepEqual(of(values, 'authentication_attempts'), {
    'authentication_attempts{result="success"}': 3,
    'authentication_attempts{result="error"}': 1,
  });
  assert.deepEqual(of(values, 'authenticated_user_requests'), { 'authenticated_user_requests{username="other"}': 3 });
  assert.deepEqual(of(values, 'authorization_attempts_total'), {
    'authorization_attempts_total{result="allowed"}': 2,
    'authorization_attempts_total{result="no-opinion"}': 1,
  });
  assert.equal(values.get('authorization_duration_seconds_count{result="allowed"}'), 2);
});

test('turns are counted by schema and level', async () => {
  await using cluster = await startApiServer({ https: true });
  using http = new RawHttp(cluster.endpoint);
  await http.send({ path: '/api/v1/pods', headers: { 'impersonate-user': 'jane' } });
  const values = await scraped(cluster);
  const flow = 'flow_schema="global-default",priority_level="global-default"';
  const told = (name: string, more = ''): number | undefined =>
    values.get(`apiserver_flowcontrol_${name}{${flow}${more}}`);
  assert.equal(told('dispatched_requests_total'), 1);
  assert.equal(told('current_executing_requests'), 0);
  assert.equal(told('current_executing_seats'), 0);
  assert.equal(told('work_estimated_seats_sum'), 1);
  assert.equal(told('request_execution_seconds_count', ',type="regular"'), 1);
  const waited = `apiserver_flowcontrol_request_wait_duration_seconds_bucket{execute="true",${flow},le="0"}`;
  assert.equal(values.get(waited), 1);
  const exempt = 'flow_schema="exempt",priority_level="exempt"';
  assert.equal(values.get(`apiserver_flowcontrol_current_executing_requests{${exempt}}`), 1, 'this one');
  assert.equal(values.get('apiserver_flowcontrol_nominal_limit_seats{priority_level="system"}'), 74);
});

test('admission is timed by step, plugin and webhook, and what webhooks refuse is counted', async () => {
  await using cluster = await startApiServer({ https: true });
  await using hooks = await AdmissionServer.start();
  using api = new Api(cluster);
  await mutating(api, 'change', hooks.hook('change', {}));
  await validating(
    api,
    'judge',
    hooks.hook('judge', {}),
    hooks.hook('lax', {}, { failurePolicy: 'Ignore' }),
    hooks.hook('strict', {}, { failurePolicy: 'Fail' }),
  );
  let judged = denied('no', { code: 700 });
  let broken = '';
  hooks.answer = ({ path }) => {
    if (broken !== '' && path.startsWith(`/${broken}?`)) return { raw: 'nonsense' };
    return path.startsWith('/judge?') ? judged : allowed;
  };
  await api.send('POST', configMapsPath, configMap('a'));
  judged = allowed;
  await api.send('POST', configMapsPath, configMap('b'));
  broken = 'lax';
  await api.send('POST', configMapsPath, configMap('c'));
  broken = 'strict';
  await api.send('POST', configMapsPath, configMap('d'));
  const values = await scraped(cluster);
  const called = (name: string, rejected: boolean, type: string): number | undefined =>
    values.get(
      `apiserver_admission_webhook_admission_duration_seconds_count{name="${name}.example.com",operation="CREATE",rejected="${rejected}",type="${type}"}`,
    );
  assert.deepEqual([called('change', false, 'admit'), called('change', true, 'admit')], [4, undefined]);
  assert.deepEqual([called('judge', false, 'validating'), called('judge', true, 'validating')], [3, 1]);
  assert.deepEqual([called('lax', false, 'validating'), called('lax', true, 'validating')], [4, undefined]);
  const prefix = 'apiserver_admission_webhook_';
  assert.deepEqual(of(values, `${prefix}rejection_count`), {
    [`${prefix}rejection_count{error_type="no_error",name="judge.example.com",operation="CREATE",rejection_code="600",type="validating"}`]: 1,
    [`${prefix}rejection_count{error_type="calling_webhook_error",name="strict.example.com",operation="CREATE",rejection_code="503",type="validating"}`]: 1,
  });
  assert.deepEqual(of(values, `${prefix}fail_open_count`), {
    [`${prefix}fail_open_count{name="lax.example.com",type="validating"}`]: 1,
  });
  const asked = (code: string, name: string, rejected: boolean): number | undefined =>
    values.get(
      `${prefix}request_total{code="${code}",name="${name}.example.com",operation="CREATE",rejected="${rejected}",type="validating"}`,
    );
  assert.deepEqual([asked('600', 'judge', true), asked('503', 'lax', false), asked('200', 'lax', false)], [1, 1, 3]);
  const step = (rejected: boolean): number | undefined =>
    values.get(
      `apiserver_admission_step_admission_duration_seconds_count{operation="CREATE",rejected="${rejected}",type="validate"}`,
    );
  assert.ok((step(false) ?? 0) >= 2);
  assert.equal(step(true), 2);
  const plugin = 'name="ValidatingAdmissionWebhook",operation="CREATE",rejected="true",type="validate"';
  assert.equal(values.get(`apiserver_admission_controller_admission_duration_seconds_count{${plugin}}`), 2);
});

test('what policies find is counted by what follows from it', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const group = '/apis/admissionregistration.k8s.io/v1';
  await api.send('POST', `${group}/validatingadmissionpolicies`, {
    metadata: { name: 'small' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
      validations: [{ expression: 'object.data.size() < 1' }],
    },
  });
  await api.send('POST', `${group}/validatingadmissionpolicybindings`, {
    metadata: { name: 'here' },
    spec: { policyName: 'small', validationActions: ['Warn', 'Audit'] },
  });
  const made = await api.send('POST', configMapsPath, configMap('a', { b: 'c' }));
  assert.equal(made.status, 201);
  await api.send('POST', configMapsPath, { metadata: { name: 'b' } });
  const values = await scraped(cluster);
  const check = 'apiserver_validating_admission_policy_check_total';
  const about = 'policy="small",policy_binding="here"';
  assert.deepEqual(of(values, check), {
    [`${check}{enforcement_action="warn",error_type="no_error",${about}}`]: 1,
    [`${check}{enforcement_action="audit",error_type="no_error",${about}}`]: 1,
    [`${check}{enforcement_action="warn",error_type="invalid_error",${about}}`]: 1,
    [`${check}{enforcement_action="audit",error_type="invalid_error",${about}}`]: 1,
  });
});

test('which API services cannot be reached is told, and how the checks of health went', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const services = '/apis/apiregistration.k8s.io/v1/apiservices';
  const name = 'v1.away.example.com';
  const made = await api.send('POST', services, {
    metadata: { name },
    spec: {
      group: 'away.example.com',
      version: 'v1',
      groupPriorityMinimum: 1,
      versionPriority: 1,
      service: { namespace: 'default', name: 'away' },
      insecureSkipTLSVerify: true,
    },
  });
  assert.equal(made.status, 201, made.body.message);
  await api.until(`${services}/${name}`, ({ body }) => body.status?.conditions?.[0]?.reason === 'ServiceNotFound');
  const values = await scraped(cluster);
  assert.equal(values.get(`aggregator_unavailable_apiservice{name="${name}"}`), 1);
  assert.equal(values.get('aggregator_unavailable_apiservice{name="v1.apps"}'), 0);
  await api.get('/readyz');
  await api.get('/readyz/ping');
  const health = await scraped(cluster, '/metrics/slis');
  assert.equal(health.get('kubernetes_healthcheck{name="ping",type="readyz"}'), 1);
  assert.equal(health.get('kubernetes_healthchecks_total{name="ping",status="success",type="readyz"}'), 1);
});
