/** Kubernetes' libraries, and the messages of mutating policies. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Environment } from './environment.ts';
import {
  type AuthorizationCheck,
  type AuthorizationDecision,
  authorizerValue,
  authorizerVariables,
  resourceCheckValue,
} from './library/authorizer.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { fieldPathProblem, jsonPatchLibrary, mutationMessages, toJson } from './library/mutation.ts';
import { compile } from './program.ts';
import { show } from './show.contract.ts';
import { dynType } from './types.ts';
import type { Value } from './values.ts';

const environment = new Environment({
  variables: { ...authorizerVariables, d: dynType },
  libraries: [...kubernetesLibraries, jsonPatchLibrary],
  messages: mutationMessages,
});

function evaluate(source: string, variables: Readonly<Record<string, Value>> = {}): Value | string {
  const compiled = compile(source, environment);
  if ('error' in compiled) return compiled.error;
  const outcome = compiled.program.evaluate(variables);
  return 'error' in outcome ? `error: ${outcome.error}` : outcome.value;
}

function refusal(source: string): string {
  const compiled = compile(source, environment);
  return 'error' in compiled ? compiled.error : '';
}

function table(name: string, cases: readonly (readonly [source: string, expected: string])[]): void {
  describe(name, () => {
    for (const [source, expected] of cases)
      it(source, () => {
        const value = evaluate(source);
        assert.equal(typeof value === 'string' && value.startsWith('error: ') ? value : show(value), expected);
      });
  });
}

table('lists', [
  ['[3, 1, 2].max()', '3'],
  ['["b", "a"].min()', '"a"'],
  ['[].max()', 'error: max called on empty list'],
  ['[1, 2, 3].sum()', '6'],
  ['[1.5, 2.5].sum()', '4.0'],
  [`[duration('1h'), duration('30m')].sum()`, 'duration("5400s")'],
  ['[1, 2, 2].isSorted()', 'true'],
  ['[2, 1].isSorted()', 'false'],
  ['[1, 2, 1].indexOf(1)', '0'],
  ['[1, 2, 1].lastIndexOf(1)', '2'],
  ['[1].indexOf(5)', '-1'],
  ['[1, 2, 3, 4].slice(1, 3)', '[2, 3]'],
  ['[1, 2].slice(0, 5)', 'error: cannot slice(0, 5), list is length 2'],
  ['[1, 2].slice(-1, 1)', 'error: cannot slice(-1, 1), negative indexes not supported'],
  ['[[1], [2, 3]].flatten()', '[1, 2, 3]'],
  ['[[[1]], [[2]]].flatten(2)', '[1, 2]'],
  ['[3, 1, 2].sort()', '[1, 2, 3]'],
  ['["b", "a"].sort()', '["a", "b"]'],
  [`['ccc', 'a', 'bb'].sortBy(s, size(s))`, '["a", "bb", "ccc"]'],
  ['lists.range(4)', '[0, 1, 2, 3]'],
  ['[1, 2, 3].reverse()', '[3, 2, 1]'],
  ['[1, 2, 2, 1].distinct()', '[1, 2]'],
  ['sets.contains([1, 2], [2])', 'true'],
  ['sets.equivalent([1, 2, 1], [2, 1])', 'true'],
  ['sets.intersects([1], [2])', 'false'],
]);

table('regular expressions', [
  ['"abc 123".find("[0-9]+")', '"123"'],
  ['"abc".find("[0-9]+")', '""'],
  ['"1 22 333".findAll("[0-9]+")', '["1", "22", "333"]'],
  ['"1 22 333".findAll("[0-9]+", 2)', '["1", "22"]'],
  ['"x".find("(")', 'error: Illegal regex: error parsing regexp: missing closing ): `(`'],
]);

table('urls', [
  [`url('https://user@example.com:8080/a%20b/c?k=1&k=2&q=x%20y#no').getScheme()`, '"https"'],
  [`url('https://example.com:8080/').getHost()`, '"example.com:8080"'],
  [`url('https://[::1]:80/').getHostname()`, '"::1"'],
  [`url('https://example.com:80/').getPort()`, '"80"'],
  [`url('https://example.com').getPort()`, '""'],
  [`url('https://example.com/a%20b').getEscapedPath()`, '"/a%20b"'],
  [`url('https://example.com/a b').getEscapedPath()`, '"/a%20b"'],
  [`url('https://example.com/?k=1&k=2&q=x+y').getQuery()`, '{"k": ["1", "2"], "q": ["x y"]}'],
  [`url('/path').getEscapedPath()`, '"/path"'],
  [`isURL('https://example.com')`, 'true'],
  [`isURL('example.com')`, 'false'],
  [`isURL('../x')`, 'false'],
  [`url('x y')`, 'error: URL parse error during conversion from string: parse "x y": invalid URI for request'],
  [`isURL('')`, 'false'],
  [
    `url('https://a:x/')`,
    'error: URL parse error during conversion from string: parse "https://a:x/": invalid port ":x" after host',
  ],
  [`url('https://a.b') == url('https://a.b')`, 'true'],
]);

table('quantities', [
  [`quantity('1.5Gi').isGreaterThan(quantity('1G'))`, 'true'],
  [`quantity('200M') == quantity('0.2G')`, 'true'],
  [`quantity('50k').add(quantity('20')) == quantity('50.02k')`, 'true'],
  [`quantity('50k').sub(20).asInteger()`, '49980'],
  [`quantity('50.5').isInteger()`, 'false'],
  [`quantity('50.5').asInteger()`, 'error: cannot convert value to integer'],
  [`quantity('50.703k').asApproximateFloat()`, '50703.0'],
  [`quantity('-1').sign()`, '-1'],
  [`quantity('1').compareTo(quantity('2'))`, '-1'],
  [`isQuantity('10Mo')`, 'false'],
  [
    `quantity('10Mo')`,
    "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
]);

table('addresses', [
  [`ip('192.168.0.1').family()`, '4'],
  [`string(ip('2001:DB8::0:1'))`, '"2001:db8::1"'],
  [`ip.isCanonical('2001:DB8::1')`, 'false'],
  [`ip('127.0.0.1').isLoopback() && ip('::1').isLoopback()`, 'true'],
  [`ip('224.0.0.1').isLinkLocalMulticast() && ip('ff02::1').isLinkLocalMulticast()`, 'true'],
  [`ip('169.254.1.1').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()`, 'true'],
  [`ip('8.8.8.8').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()`, 'true'],
  [`ip('0.0.0.0').isUnspecified()`, 'true'],
  [`isIP('1.2.3')`, 'false'],
  [`isIP('010.0.0.1')`, 'false'],
  [
    `ip('1.2.3')`,
    'error: IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): IPv4 address too short',
  ],
  [`ip('::ffff:1.2.3.4')`, 'error: IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'],
  [`ip('fe80::1%eth0')`, 'error: IP address "fe80::1%eth0" with zone value is not allowed'],
  [`cidr('192.168.0.0/16').containsIP('192.168.10.1')`, 'true'],
  [`cidr('192.168.0.0/16').containsIP(ip('10.0.0.1'))`, 'false'],
  [`cidr('192.168.0.0/16').containsCIDR('192.168.1.0/24')`, 'true'],
  [`cidr('192.168.0.0/24').containsCIDR(cidr('192.168.0.0/16'))`, 'false'],
  [`string(cidr('192.168.1.7/16').masked())`, '"192.168.0.0/16"'],
  [`string(cidr('192.168.1.7/16').ip())`, '"192.168.1.7"'],
  [`cidr('10.0.0.0/8').prefixLength()`, '8'],
  [`type(ip('::1')) == net.IP`, 'true'],
  [
    `cidr('10.0.0.0')`,
    `error: network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("10.0.0.0"): no '/'`,
  ],
]);

table('formats', [
  [`format.dns1123Label().validate('my-name').hasValue()`, 'false'],
  [`format.named('dns1123Label').value().validate('My').value().size()`, '1'],
  [`format.named('unknown').hasValue()`, 'false'],
  [`format.uuid().validate('x')`, 'optional.of(["does not match the UUID format"])'],
  [`format.date().validate('2021-02-30')`, 'optional.of(["invalid date"])'],
  [`format.datetime().validate('2021-01-01T00:00:00Z')`, 'optional.none()'],
  [`format.byte().validate('aGVsbG8=')`, 'optional.none()'],
  [`format.uri().validate('x')`, 'optional.of(["parse \\"x\\": invalid URI for request"])'],
  [`format.labelValue().validate('a-b_c.d')`, 'optional.none()'],
]);

table('versions', [
  [`semver('1.2.3').isLessThan(semver('1.10.0'))`, 'true'],
  [`semver('1.0.0-alpha.1').compareTo(semver('1.0.0'))`, '-1'],
  [`semver('1.0.0-alpha.2').isGreaterThan(semver('1.0.0-alpha.1'))`, 'true'],
  [`semver('1.0.0+a') == semver('1.0.0+b')`, 'true'],
  [`semver('v01.2', true) == semver('1.2.0')`, 'true'],
  [`isSemver('v1.0')`, 'false'],
  [`isSemver('v1.0', true)`, 'true'],
  [`semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()`, '6'],
  [`semver('1.2')`, 'error: No Major.Minor.Patch elements found'],
  [`semver('01.0.0')`, 'error: Major number must not contain leading zeroes "01"'],
]);

describe('the authorizer', () => {
  const asked: AuthorizationCheck[] = [];
  const authorize = (check: AuthorizationCheck): AuthorizationDecision => {
    asked.push(check);
    return check.verb === 'get'
      ? { allowed: true, reason: 'because' }
      : { allowed: false, reason: '', error: 'broken' };
  };
  const variables = {
    authorizer: authorizerValue(authorize),
    'authorizer.requestResource': resourceCheckValue(authorize, { group: 'apps', resource: 'deployments' }),
  };

  it('asks about what the expression says', () => {
    const source = `authorizer.serviceAccount('ns', 'sa').group('apps').resource('deployments').subresource('scale').namespace('n').name('x').check('get').allowed()`;
    assert.equal(evaluate(source, variables), true);
    assert.deepEqual(asked.pop(), {
      serviceAccount: { namespace: 'ns', name: 'sa' },
      group: 'apps',
      resource: 'deployments',
      subresource: 'scale',
      namespace: 'n',
      name: 'x',
      verb: 'get',
    });
    assert.equal(evaluate(`authorizer.path('/healthz').check('get').reason()`, variables), 'because');
    assert.deepEqual(asked.pop(), { path: '/healthz', verb: 'get' });
  });

  it('knows the resource of the request, and errors', () => {
    assert.equal(evaluate(`authorizer.requestResource.check('delete').errored()`, variables), true);
    assert.deepEqual(asked.pop(), { group: 'apps', resource: 'deployments', verb: 'delete' });
    assert.equal(evaluate(`authorizer.requestResource.check('delete').error()`, variables), 'broken');
  });

  it('refuses what cannot be asked', () => {
    assert.equal(evaluate(`authorizer.path('').check('get').allowed()`, variables), 'error: path must not be empty');
    assert.equal(
      evaluate(`authorizer.serviceAccount('N S', 'x').path('/').check('get').allowed()`, variables),
      'error: Invalid service account namespace',
    );
  });

  it('stops a third check of one expression', () => {
    const check = `authorizer.path('/').check('get').allowed()`;
    assert.equal(evaluate(`${check} && ${check}`, variables), true);
    assert.equal(
      evaluate(`${check} && ${check} && ${check}`, variables),
      'error: operation cancelled: actual cost limit exceeded',
    );
  });
});

describe('messages of mutating policies', () => {
  it('makes objects', () => {
    const value = evaluate(`Object{spec: Object.spec{replicas: 3, ?paused: optional.none(), labels: {'a': 'b'}}}`);
    assert.deepEqual(toJson(value), { spec: { replicas: 3, labels: { a: 'b' } } });
    assert.equal(fieldPathProblem(value, 'Object'), undefined);
  });

  it('finds a message in the wrong field', () => {
    assert.equal(
      fieldPathProblem(evaluate('Object{spec: Object.status{}}'), 'Object'),
      'unexpected type name "Object.status", expected "Object.spec", which matches field name path from root Object type',
    );
    assert.equal(
      fieldPathProblem(
        evaluate('Object{spec: Object.spec{containers: [Object.spec.containers{name: "x"}]}}'),
        'Object',
      ),
      undefined,
    );
  });

  it('makes JSON patches', () => {
    const value = evaluate(
      `[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b~c'), value: 'x'}]`,
    );
    assert.deepEqual(toJson(value), [{ op: 'add', path: '/metadata/labels/a~1b~0c', value: 'x' }]);
  });

  it('knows the fields of a patch', () => {
    assert.match(refusal(`JSONPatch{operation: 'add'}`), /undefined field 'operation'/);
    assert.match(refusal('JSONPatch{op: 1}'), /expected type of field 'op' is 'string' but provided type is 'int'/);
    assert.match(refusal('Nothing{a: 1}'), /undeclared reference to 'Nothing' \(in container ''\)/);
  });
});
