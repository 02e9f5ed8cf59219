import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SupervisorError } from '../../src/errors.js';
import { type Directive, find, parseConf } from '../../src/srs-conf/parse.js';
import { printConf } from '../../src/srs-conf/print.js';

const TEXT = `# the main port
listen 127.0.0.1:1935 1936;   daemon off; # tail
http_api {
    enabled on;
    listen '127.0.0.1:1985';
    auth { username "a b;{}#'"; }
}
vhost __defaultVhost__ {}
vhost a.com{ http_remux{ mount [vhost]/[app]/[stream].flv; } }
include "other.conf";
`;

test('a config is read with its lines', () => {
  const conf = parseConf(TEXT);
  const names = conf.map(({ name, args, line }) => [line, name, ...args].join(' '));
  assert.deepEqual(names, [
    '2 listen 127.0.0.1:1935 1936',
    '2 daemon off',
    '3 http_api',
    '8 vhost __defaultVhost__',
    '9 vhost a.com',
    '10 include other.conf',
  ]);
  assert.deepEqual(find(conf, 'http_api', 'auth', 'username')?.args, [`a b;{}#'`]);
  assert.deepEqual(find(conf, 'http_api', 'listen')?.args, ['127.0.0.1:1985']);
  assert.deepEqual(find(conf, 'vhost')?.children, []);
  assert.equal(find(conf, 'daemon')?.children, null);
  assert.equal(find(conf, 'http_api', 'nothing'), undefined);
  assert.equal(find(conf, 'daemon', 'off'), undefined);
});

test('what SRS reads in its own way is read the same', () => {
  const cases: [string, string[]][] = [
    ['\uFEFFa b;', ['a', 'b']],
    ['a "" b;', ['a', 'b']],
    ['a b}c;', ['a', 'b}c']],
    ['a b"c";', ['a', 'b"c"']],
    ["a 'x\ny' #c\n z;", ['a', 'x\ny', 'z']],
    ['a\tb#c;', ['a', 'b#c']],
  ];
  for (const [text, words] of cases) {
    const [first] = parseConf(text);
    assert.deepEqual([first?.name, ...(first?.args ?? [])], words, text);
  }
  assert.deepEqual(parseConf(''), []);
  assert.deepEqual(parseConf('# nothing'), []);
});

test('a mistake is one line that names the line', () => {
  const cases: [string, string][] = [
    ['a b;\n;', "line 2: unexpected ';'"],
    ['a b', "line 1: unexpected end of the file, 'a' needs a ';' or a block"],
    ['a {\nb c;\n', 'line 3: unexpected end of the file'],
    ['a b }', "line 1: unexpected '}', 'a' needs a ';' or a block"],
    ['a;\n}', "line 2: unexpected '}'"],
    ['{ }', "line 1: unexpected '{'"],
    ['a "b;', 'line 1: a quote is not closed, or text follows it directly'],
    [`a 'b'c;`, 'line 1: a quote is not closed, or text follows it directly'],
    ['a {'.repeat(100), 'line 1: blocks nest deeper than 16'],
    ['a'.repeat(2 ** 21), 'line 1: the file is longer than 1048576 bytes'],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseConf(text), { code: 'ERR_CONFIG', message });
  }
});

test('what is printed is read back', () => {
  const strip = (tree: readonly Directive[]): unknown =>
    tree.map(({ name, args, children }) => [name, args, children && strip(children)]);
  const conf = parseConf(TEXT);
  assert.deepEqual(strip(parseConf(printConf(conf))), strip(conf));
});

test('no argument breaks out of its place', () => {
  const word = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('a', ' ', ';', '{', '}', '#', '"', "'", '\n', '\\', '\0') }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (args) => {
      const tree = [{ name: 'x', args, children: null, line: 1 }];
      const text = printed(tree);
      if (text !== null) assert.deepEqual(parseConf(text), tree);
    }),
    { numRuns: 2000 },
  );
  for (const arg of ['', ` "'`, 'a\0b']) {
    assert.equal(printed([{ name: 'x', args: [arg], children: null, line: 1 }]), null);
  }
});

test('any text is a tree or an error, never a crash', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', ';', '{', '}', '#', '"', "'", '\n') });
  fc.assert(
    fc.property(text, (input) => {
      try {
        parseConf(input);
      } catch (error) {
        assert.ok(error instanceof SupervisorError);
      }
    }),
    { numRuns: 2000 },
  );
});

function printed(tree: Directive[]): string | null {
  try {
    return printConf(tree);
  } catch (error) {
    assert.ok(error instanceof SupervisorError);
    return null;
  }
}
