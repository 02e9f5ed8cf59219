import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  mediaUrl,
  type Ports,
  parseAsk,
  printAsk,
  rtcUrl,
  withStream,
} from '../../pages/players/ask.js';

const PAGE = new URL('http://a.example.com:8080/players/flv.html');
const PORTS: Ports = { rtmp: 1935, api: 1985, apiHttps: null, rtc: true };

test('a page without a query is at live/demo', () => {
  const { app, stream, autostart } = parseAsk('');
  assert.deepEqual([app, stream, autostart], ['live', 'demo', false]);
});

test('the address of a stream', () => {
  const cases: [string, string][] = [
    ['', 'http://a.example.com:8080/live/demo.flv'],
    ['?app=x/y&stream=z.flv', 'http://a.example.com:8080/x/y/z.flv'],
    ['?stream=s.m3u8&port=9090&schema=https', 'https://a.example.com:9090/live/s.flv'],
    ['?stream=s&schema=rtmp&server=a.example.com', 'http://a.example.com:8080/live/s.flv'],
    [
      '?vhost=v.com&token=a%26b&buffer=3',
      'http://a.example.com:8080/live/demo.flv?vhost=v.com&token=a%26b',
    ],
    ['?stream=a%3Fb%23c%20d', 'http://a.example.com:8080/live/a%3Fb%23c%20d.flv'],
    ['?app=..&stream=%2e%2e', 'http://a.example.com:8080/...flv'],
  ];
  for (const [query, url] of cases) assert.equal(mediaUrl(parseAsk(query), PAGE, '.flv'), url);
  assert.throws(
    () => mediaUrl(parseAsk('?server=b.com'), PAGE, '.flv'),
    /plays from a\.example\.com only/,
  );
});

test('the address for offers', () => {
  const url = (query: string, page = PAGE, ports = PORTS) =>
    rtcUrl(parseAsk(query), page, ports, 'whip');
  const at = (host: string) => `http://${host}/rtc/v1/whip/?app=live&stream=demo`;
  assert.equal(url(''), at('a.example.com:1985'));
  assert.equal(url('?api=2985&port=1'), at('a.example.com:2985'));
  assert.equal(url('?secret=1&vhost=v'), `${at('a.example.com:1985')}&vhost=v&secret=1`);
  const secure = new URL('https://a.example.com/players/whip.html');
  assert.throws(() => url('', secure), /by HTTPS.*listen\.apiHttps/);
  assert.match(url('', secure, { ...PORTS, apiHttps: 1990 }), /^https:\/\/a\.example\.com:1990\//);
  assert.throws(() => url('', PAGE, { ...PORTS, rtc: false }), /listen\.rtc/);
});

test('a query is read back as it was written', () => {
  const query = '?app=a%2Fb&stream=c&vhost=v&server=s&port=1&api=2&autostart=true&token=1&token=2';
  assert.deepEqual(parseAsk(printAsk(parseAsk(query))), parseAsk(query));
});

test('a stream as people write it', () => {
  const named = (text: string) => {
    const ask = withStream(parseAsk('?token=1'), text);
    return ask && `${ask.app} ${ask.stream} ${ask.extra}`;
  };
  assert.equal(named('a/b/c'), 'a/b c token,1');
  assert.equal(named(' /live/x/ '), 'live x token,1');
  assert.equal(named('x'), 'live x token,1');
  assert.equal(named(' / '), null);
});
