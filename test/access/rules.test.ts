import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessRules } from '../../src/access/rules.js';
import { parseTemplate } from '../../src/child/template.js';
import { key } from '../helpers/stream-key.js';

test('each vhost has its own rules, and one without them is open', () => {
  const template = parseTemplate(`
    vhost __defaultVhost__ { security { enabled on; allow play 10.0.0.0/8; } }
    vhost open.com { security { enabled off; deny play all; } }
    vhost plain.com { }`);
  const rules = new AccessRules(template.vhosts);
  const plays = (vhost: string, ip: string) => rules.allows(key(`${vhost}/live/s`), 'play', ip);
  assert.equal(plays('__defaultVhost__', '10.1.2.3'), true);
  assert.equal(plays('__defaultVhost__', '192.0.2.1'), false);
  assert.equal(rules.allows(key('__defaultVhost__/live/s'), 'publish', '10.1.2.3'), false);
  for (const vhost of ['open.com', 'plain.com', 'unknown.com']) {
    assert.equal(plays(vhost, '192.0.2.1'), true, vhost);
  }
  rules.renew(parseTemplate('vhost plain.com { security { enabled on; } }').vhosts);
  assert.equal(plays('plain.com', '192.0.2.1'), false);
  assert.equal(plays('__defaultVhost__', '192.0.2.1'), true);
});
