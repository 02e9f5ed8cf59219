import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { closingCommand, openPortsText, tableText } from '../../src/firewall/rules.js';
import { NO_NAMESPACES } from '../helpers/namespaces.js';

const PORTS = {
  udp: [
    [20_003, 20_014],
    [30_003, 30_003],
  ],
  tcp: [[20_003, 20_013]],
} as const;

test('a table drops what does not come by loopback', () => {
  assert.equal(
    tableText('t', PORTS, true),
    'table inet t { flags owner; chain in { type filter hook input priority 0; ' +
      'iif lo ip daddr 127.0.0.0/8 accept; iif lo ip6 daddr ::1 accept; ' +
      'udp dport { 20003-20014, 30003 } counter drop; tcp dport { 20003-20013 } counter drop; }; }',
  );
  assert.doesNotMatch(tableText('t', { udp: [], tcp: [] }, false), /owner|drop/);
});

test('people are told all in one line', () => {
  const text = openPortsText('no right', PORTS, 20_000);
  assert.match(text, /^children\.firewall: no right: .*UDP 20003-20014, 30003 and TCP 20003-20013/);
  assert.ok(text.includes(closingCommand('srs_children_20000', PORTS)));
  assert.doesNotMatch(text, /\n/);
});

test('the command works on a machine with no table at all, and again', {
  skip: NO_NAMESPACES,
}, () => {
  const command = closingCommand('srs_children_20000', PORTS);
  const list = 'nft list ruleset';
  const script = [command, list, command, list, 'nft delete table inet srs_children_20000', list];
  const output = execFileSync('unshare', ['--net', 'sh', '-ec', script.join('\n')], {
    encoding: 'utf8',
  });
  assert.equal(output.match(/udp dport \{ 20003-20014, 30003 \} counter/g)?.length, 2, output);
  assert.equal(output.match(/^table /gm)?.length, 2, output);
});
