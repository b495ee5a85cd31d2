import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from './all.ts';
import { commandHelp, findCommand, parseCommand, programHelp, UsageError, type Invocation } from './command.ts';

function invoke(...words: string[]): Invocation {
  const found = findCommand(commands, words);
  assert.ok(found, words.join(' '));
  return parseCommand(found.command, found.rest);
}

test('options, defaults and arguments', () => {
  const up = invoke('up', '--nodes', '0', '--install', '--store=memory');
  assert.equal(up.integer('nodes'), 0);
  assert.equal(up.string('name'), 'kutter');
  assert.equal(up.flag('install'), true);
  assert.equal(up.flag('foreground'), false);
  assert.equal(up.string('store'), 'memory');
  assert.equal(up.integer('api-port'), undefined);
  assert.deepEqual(invoke('image', 'load', 'a.tar').arguments, ['a.tar']);
  assert.equal(invoke('status', '-o', 'json').string('output'), 'json');
});

test('a list may be given piece by piece', () => {
  const words = [
    '--service-account-issuer=a',
    '--service-account-issuer',
    'b,c',
    '--oidc-client-id=x',
    '--oidc-client-id=y',
  ];
  const server = invoke('apiserver', ...words);
  assert.equal(server.string('service-account-issuer'), 'a,b,c');
  assert.equal(server.string('oidc-client-id'), 'y');
  assert.equal(server.string('api-audiences'), undefined);
});

test('what is wrong is refused with what would be right', () => {
  const refused = (words: string[], message: RegExp): void =>
    assert.throws(
      () => invoke(...words),
      (error) => error instanceof UsageError && message.test(error.message),
      words.join(' '),
    );
  refused(['up', '--nods', '1'], /--nods.*kutter up --help/);
  refused(['up', '--nodes', 'two'], /--nodes takes a whole number, not "two"/);
  refused(['up', '--nodes'], /kutter up --help/);
  refused(['up', '--install=yes'], /kutter up --help/);
  refused(['up', 'now'], /takes no arguments, not also "now"/);
  refused(['image', 'load'], /needs FILE\.tar/);
  assert.equal(findCommand(commands, ['image']), undefined);
});

test('the help names every command and every option', () => {
  const help = programHelp(commands, '1.2.3');
  for (const command of commands) {
    assert.ok(help.includes(`  ${command.name} `), command.name);
    const own = commandHelp(command);
    for (const [name, option] of Object.entries(command.options)) {
      assert.ok(own.includes(`--${name}`), `${command.name} --${name}`);
      assert.ok(option.type === 'boolean' || option.value !== undefined, `${command.name} --${name} has a placeholder`);
    }
    for (const line of own.split('\n')) assert.ok(line.length <= 130, line);
  }
});
