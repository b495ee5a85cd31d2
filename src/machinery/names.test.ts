import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as names from './names.ts';

function accepts(check: (value: string) => readonly string[], values: readonly string[]): void {
  for (const value of values) assert.deepEqual(check(value), [], JSON.stringify(value));
}
function refuses(check: (value: string) => readonly string[], values: readonly string[]): void {
  for (const value of values) assert.notEqual(check(value).length, 0, JSON.stringify(value));
}

test('DNS labels and subdomains', () => {
  accepts(names.dns1123LabelErrors, ['a', 'a1', 'a--1--2--b', '0', '1-a', 'a'.repeat(63)]);
  refuses(names.dns1123LabelErrors, ['', 'A', 'aBc', '-', 'a-', '-a', '_', 'a.b', ' a', 'a\n', 'a'.repeat(64)]);
  accepts(names.dns1123SubdomainErrors, ['a', 'a.1', '0.1', 'a--1--2--b.a', '1.2.3.4.5', 'a'.repeat(253)]);
  refuses(names.dns1123SubdomainErrors, ['', 'A.a', '.', 'a.', '.a', 'a..b', 'a@b', 'a_b', 'a'.repeat(254)]);
  accepts(names.caselessDns1123SubdomainErrors, ['a', 'A.a', 'a-B.C1', 'A'.repeat(253)]);
  refuses(names.caselessDns1123SubdomainErrors, ['', '.', 'A.', 'A..b', 'A_b', '-A', 'A'.repeat(254)]);
  accepts(names.dns1035LabelErrors, ['a', 'a-1', 'a'.repeat(63)]);
  refuses(names.dns1035LabelErrors, ['0', '1-a', 'A', 'a.b', 'a'.repeat(64)]);
  accepts(names.wildcardDns1123SubdomainErrors, ['*.example.com', '*.foo.bar.com']);
  refuses(names.wildcardDns1123SubdomainErrors, ['*.*.bar.com', '*bar.com', 'f*.bar.com', '*']);
});

test('messages are upstream’s', () => {
  assert.deepEqual(names.dns1123SubdomainErrors('A'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.deepEqual(names.dns1123LabelErrors('A'), [
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(names.dns1123LabelErrors('a.b'), ['must not contain dots']);
  assert.deepEqual(names.dns1123LabelErrors('a'.repeat(64)), ['must be no more than 63 bytes']);
  assert.deepEqual(names.labelValueErrors('a/b'), [
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ]);
  assert.deepEqual(names.portNumberErrors(0), ['must be between 1 and 65535, inclusive']);
  assert.deepEqual(names.qualifiedNameErrors('/a'), ['prefix part must be non-empty']);
  assert.match(names.qualifiedNameErrors('only/one/slash')[0] ?? '', /^a valid label key must consist/);
  assert.deepEqual(names.qualifiedNameErrors('example.com/')[0], 'name part must be non-empty');
});

test('qualified names and label values', () => {
  const long = `${'a'.repeat(253)}/${'b'.repeat(63)}`;
  accepts(names.qualifiedNameErrors, [
    'simple',
    '1234',
    'now-with-dashes/simple',
    '1.2.3.4/5678',
    'example.com/Uppercase_Is_OK_123',
    'requests.storage-foo',
    long,
  ]);
  refuses(names.qualifiedNameErrors, [
    'nospecialchars%^=@',
    'cantendwithadash-',
    'Example.com/abc',
    'example_com/abc',
    '',
    'a'.repeat(64),
    `${'a'.repeat(254)}/abc`,
  ]);
  accepts(names.labelValueErrors, ['', '1234', 'end-with-num-1', 'a'.repeat(63)]);
  refuses(names.labelValueErrors, ['Tama-nui-te-rā.is.Māori.sun', '-a', 'a-', '.a', 'a.', 'a'.repeat(64)]);
});

test('the other formats', () => {
  accepts(names.cIdentifierErrors, ['a', '_a', 'a__1__2__b', 'ABC']);
  refuses(names.cIdentifierErrors, ['', '1a', 'a-b', 'a.b', '#a#']);
  accepts(names.portNameErrors, ['telnet', 're-mail-ck', 'pop3', '1-a-2-b-3']);
  refuses(names.portNameErrors, ['longerthan15characters', '', '12345', '-begin', 'end-', 'two--hyphens', 'whois++']);
  accepts(names.configMapKeyErrors, ['a', '.so.is.this', 'THIS_IS_GOOD', 'so_is_this_17']);
  refuses(names.configMapKeyErrors, ['', '.', '..', '..bad', 'b*d', 'a'.repeat(254)]);
  accepts(names.relaxedEnvVarNameErrors, ['1A', 'a b', '(x)', '-']);
  refuses(names.relaxedEnvVarNameErrors, ['', 'a=b', 'é', 'a\tb']);
  accepts(names.percentErrors, ['0%', '00000%', '101%']);
  refuses(names.percentErrors, ['', '100', '99.9%', '1% ', '-1%']);
  accepts(names.httpHeaderNameErrors, ['Accept-Encoding', '--123-ABC']);
  refuses(names.httpHeaderNameErrors, ['Host:', '', 'a_b', 'a b']);
  accepts(names.domainPrefixedPathErrors, ['a/b', 'k8s.io/FOO/BAR', '10.0.0.1/foo']);
  refuses(names.domainPrefixedPathErrors, ['.', '/b', 'com', 'a.b/foo?a=b', 'Dev.k8s.io', 'example.com/foo{}[]@^`']);
  accepts(names.fullyQualifiedDomainNameErrors, ['a.com', 'dev.k8s.io.', 'bbc.co.uk', '10.0.0.1']);
  refuses(names.fullyQualifiedDomainNameErrors, ['.', '...', 'com', 'Dev.k8s.io', '*.bar.com']);
});

test('generateName may end in a hyphen', () => {
  assert.deepEqual(names.nameIsDns1123Subdomain('web-', true), []);
  assert.equal(names.nameIsDns1123Subdomain('web-', false).length, 1);
  assert.deepEqual(names.nameIsDns1035Label('a-', true), []);
  assert.deepEqual(names.nameIsPathSegment('system:node%', false), ["may not contain '%'"]);
  assert.deepEqual(names.nameIsPathSegment('..', false), ["may not be '..'"]);
});

test('a joined list of labels is a subdomain, and every part of a subdomain is a label', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 10 }), (labels) => {
      assert.deepEqual(names.dns1123SubdomainErrors(labels.join('.')), []);
      for (const one of labels) assert.deepEqual(names.dns1123LabelErrors(one), []);
    }),
  );
});
