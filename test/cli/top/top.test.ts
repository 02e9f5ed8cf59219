import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columnsOf } from '../../../src/cli/table.js';
import { rateBetween, type Snapshot } from '../../../src/cli/top/rates.js';
import { rowsOf } from '../../../src/cli/top/rows.js';
import { FIRST_STATE, pressed, type TopState } from '../../../src/cli/top/state.js';
import { secondsOf } from '../../../src/cli/top/top.js';
import { pageOf, picture, type Size } from '../../../src/cli/top/view.js';
import { BOXES, CHILDREN, STATUS, source } from '../../admin/fixtures.js';
import { key } from '../../helpers/stream-key.js';

const STREAMS = await source().streams();
const CLIENTS = await source().clients();
const TERMINAL: Size = { columns: 80, lines: 24 };
const CLIENT = CLIENTS[0];
const STREAM = STREAMS[0];
if (CLIENT === undefined || STREAM === undefined) throw new Error('fixtures have one of each');

const SNAPSHOT: Snapshot = {
  status: STATUS,
  children: CHILDREN,
  streams: STREAMS,
  clients: CLIENTS,
  at: 100_000,
};

const many = (count: number): Snapshot => ({
  ...SNAPSHOT,
  streams: Array.from({ length: count }, (_, i) => ({
    ...STREAM,
    stream: key(`v/live/s${i}`),
    clients: i,
  })),
});

function shownBy(state: TopState, snapshot = SNAPSHOT) {
  const rate = { in: 0, out: 0 };
  return { snapshot, rate, state, rows: rowsOf(snapshot, state) };
}

function lines(state: TopState, size = TERMINAL, snapshot = SNAPSHOT): string[] {
  const drawn = picture(shownBy(state, snapshot), size);
  return drawn.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

/** Presses keys one after another; names such as `down`, or single signs. */
function after(keys: readonly string[], snapshot = SNAPSHOT, first = FIRST_STATE) {
  let outcome: ReturnType<typeof pressed> = { state: first };
  for (const name of keys) {
    const shown = shownBy(outcome.state, snapshot);
    const sequence = name.length === 1 ? name : '\x1b';
    const page = pageOf(shown, TERMINAL);
    outcome = pressed(outcome.state, { name, sequence, ctrl: false }, { rows: shown.rows, page });
  }
  return outcome;
}

describe('the rate', () => {
  it('is the bits between two looks', () => {
    const status = { ...STATUS, bytesIn: STATUS.bytesIn + 250, bytesOut: STATUS.bytesOut + 500 };
    const later = { ...SNAPSHOT, status, at: SNAPSHOT.at + 2000 };
    assert.deepEqual(rateBetween(SNAPSHOT, later), { in: 1000, out: 2000 });
  });

  it('is none at the first look, and never below zero', () => {
    assert.deepEqual(rateBetween(null, SNAPSHOT), { in: 0, out: 0 });
    const status = { ...STATUS, bytesIn: 0, bytesOut: 0 };
    const restarted = { ...SNAPSHOT, status, at: SNAPSHOT.at + 1000 };
    assert.deepEqual(rateBetween(SNAPSHOT, restarted), { in: 0, out: 0 });
  });
});

describe('the screen', () => {
  it('shows the boxes of a cluster', () => {
    const snapshot = { ...SNAPSHOT, status: { ...STATUS, boxes: BOXES } };
    const { state } = after(['4'], snapshot);
    const text = lines(state, TERMINAL, snapshot);
    const from = text.findIndex((line) => line.startsWith('BOX'));
    assert.match(text[from + 1] ?? '', /^10\.0\.0\.1 \(this one\) +ready +3\/4 +42% +12 +345 /);
    assert.match(text[from + 3] ?? '', /^10\.0\.0\.3 +- /);
    assert.equal(after(['4', 'return'], snapshot).state.view, 'boxes');
    assert.ok(lines(after(['4']).state).some((line) => line.startsWith('this box is alone')));
  });

  it('fits every terminal, whatever it shows', () => {
    for (const columns of [20, 80, 213]) {
      for (const height of [4, 24, 60]) {
        for (const keys of [[], ['2'], ['3'], ['?'], ['d'], ['2', '/', '語']]) {
          const { state } = after(keys, many(500));
          const size = { columns, lines: height };
          const drawn = lines(state, size, many(500));
          assert.ok(drawn.length <= height, `${drawn.length} lines of ${height}`);
          for (const line of drawn) assert.ok(columnsOf(line) <= columns, line);
        }
      }
    }
  });

  it('shows children, each as a sign and in a row', () => {
    const drawn = lines(FIRST_STATE);
    assert.match(drawn[0] ?? '', /^srs-supervisor 0\.1\.0 {2}ready for 1d 2h {2}srs 7\.0\.18/);
    assert.match(drawn[1] ?? '', /^1 of 2 children {2}1 stream {2}3 clients, 1 wait/);
    assert.equal(drawn[2], '▁×');
    assert.match(drawn[3] ?? '', /^ 1 children {2} ?2 streams/);
    assert.match(drawn[4] ?? '', /^CHILD▾ +STATE +PID +CPUS +CPU +MEMORY/);
    assert.match(drawn[5] ?? '', /^c001 +ready +101 +2-4,66 +12% +23 MB +1 +3/);
    assert.equal(drawn.length, TERMINAL.lines);
    assert.match(drawn.at(-1) ?? '', /q quit/);
  });

  it('never shows control characters of a client', () => {
    const bad = { ...SNAPSHOT, streams: [{ ...STREAM, stream: key('v/live/\u001b[2Jx') }] };
    const text = lines(after(['2']).state, TERMINAL, bad).join('\n');
    assert.match(text, /v\/live\/\?\[2Jx/);
    assert.doesNotMatch(text, /\p{Cc}(?<!\n)/u);
  });

  it('keeps the selected row in sight', () => {
    const snapshot = many(500);
    const { state } = after(['2', 'pagedown', 'pagedown', 'down'], snapshot);
    const selected = state.selected ?? '';
    assert.ok(lines(state, TERMINAL, snapshot).some((line) => line.startsWith(selected)));
    const { state: last } = after(['2', 'end'], snapshot);
    assert.equal(last.selected, 'v/live/s0', 'the stream with the fewest clients');
  });
});

describe('keys', () => {
  it('choose the view, its order and its direction', () => {
    assert.equal(after(['tab']).state.view, 'streams');
    assert.equal(after(['tab', 'tab', 'tab', 'tab']).state.view, 'children');
    const snapshot = many(3);
    const names = (keys: string[]) =>
      shownBy(after(keys, snapshot).state, snapshot).rows.map(({ id }) => id.at(-1));
    assert.deepEqual(names(['2']), ['2', '1', '0']);
    assert.deepEqual(names(['2', 'r']), ['0', '1', '2']);
    assert.deepEqual(names(['2', 's', 's', 's', 's']), ['0', '1', '2'], 'by name, after the last');
  });

  it('filter while they are typed, until Enter or Esc', () => {
    const snapshot = many(30);
    const { state } = after(['2', '/', 'S', '2', '7', 'return', 'q'], snapshot);
    assert.equal(state.filter, 'S27');
    assert.deepEqual(
      shownBy(state, snapshot).rows.map(({ id }) => id),
      ['v/live/s27'],
    );
    assert.equal(after(['2', '/', 'q', 'backspace', 'x']).state.filter, 'x');
    assert.equal(after(['2', '/', 'q', 'escape']).state.filter, '');
  });

  it('open the streams of a child, the clients of a stream, and come back', () => {
    const { state } = after(['return']);
    assert.deepEqual([state.view, state.scope.child], ['streams', CHILDREN[0]?.id]);
    const clients = after(['2', 'return']).state;
    assert.deepEqual([clients.view, clients.scope.stream], ['clients', STREAM.stream]);
    assert.deepEqual(after(['2', 'return', 'escape']).state.scope, { child: null, stream: null });
  });

  it('give an order only after a yes', () => {
    assert.deepEqual(after(['d', 'y']).order, { kind: 'drain', child: 'c001', wait: false });
    assert.deepEqual(after(['down', 'R', 'y']).order, { kind: 'restart', child: 'c002' });
    assert.deepEqual(after(['2', 'k', 'y']).order, { kind: 'kick', stream: STREAM.stream });
    assert.deepEqual(after(['3', 'k', 'y']).order, { kind: 'kick', client: CLIENT.id });
    for (const keys of [['d'], ['d', 'n'], ['d', 'return'], ['k', 'y'], ['2', 'd', 'y']]) {
      assert.equal(after(keys).order, undefined, keys.join());
    }
  });

  it('quit, and do nothing that is not theirs', () => {
    assert.equal(after(['q']).quits, true);
    const interrupt = { name: 'c', sequence: '\x03', ctrl: true };
    assert.equal(pressed(FIRST_STATE, interrupt, { rows: [], page: 1 }).quits, true);
    for (const name of ['x', 'f5', '__proto__']) assert.equal(after([name]).state, FIRST_STATE);
    for (const name of ['up', 'down', 'return', 'd']) {
      const outcome = pressed(
        FIRST_STATE,
        { name, sequence: name, ctrl: false },
        { rows: [], page: 1 },
      );
      assert.equal(outcome.state.asked, null);
    }
  });
});

it('the delay is a number of seconds', () => {
  assert.equal(secondsOf('0.5'), 0.5);
  for (const text of ['0', 'x', '-1', '1e9', '']) {
    assert.throws(() => secondsOf(text), { code: 'ERR_USAGE', message: /top: --delay: .*got "/ });
  }
});
