import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConf } from '../../src/srs-conf/parse.js';
import { isSecure, readSecurity } from '../../src/srs-conf/security.js';

describe('security', () => {
  for (const [rules, role, ip, expected] of [
    ['enabled off; deny play all;', 'play', '1.2.3.4', true],
    ['enabled on;', 'play', '1.2.3.4', false],
    ['enabled on; allow play all;', 'play', '::1', true],
    ['enabled on; allow play all;', 'publish', '1.2.3.4', false],
    ['enabled on; deny publish 1.2.3.4;', 'publish', '1.2.3.4', false],
    ['enabled on; deny publish 1.2.3.4;', 'publish', '1.2.3.5', true],
    ['enabled on; deny play 1.2.0.0/16; allow play all;', 'play', '1.2.9.9', false],
    ['enabled on; allow play 1.2.0.0/16;', 'play', '1.2.9.9', true],
    ['enabled on; allow play 1.2.0.0/16;', 'play', '1.3.9.9', false],
    ['enabled on; allow play 1.2.0.0/x;', 'play', '1.2.9.9', false],
    ['enabled on; allow play 1.2.0.0/16;', 'play', '::1', false],
  ] as const) {
    it(`{ ${rules} } ${role} from ${ip}: ${expected}`, () => {
      assert.equal(isSecure(readSecurity(parseConf(`security { ${rules} }`)), role, ip), expected);
    });
  }
});
