import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { boxMetrics } from '../../src/metrics/box-metrics.js';
import { ROOT } from '../helpers/paths.js';
import { figures } from '../metrics/figures.js';

const FOLDER = join(ROOT, 'examples/prometheus');
const NO_PROMTOOL =
  spawnSync('promtool', ['--version']).status !== 0 && 'needs promtool (Debian: prometheus)';
const FILES = ['alerts.yaml', 'alerts-test.yaml', 'grafana-dashboard.json'];

const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

function promtool(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: FOLDER });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

describe('the examples for Prometheus and Grafana', () => {
  it('name metrics and labels that there are', async () => {
    const text = boxMetrics(await figures());
    const names = new Set(Array.from(text.matchAll(/^(srs_supervisor_\w+)/gm), ([name]) => name));
    const labels = new Set(Array.from(text.matchAll(/[{,](\w+)="/g), ([, label]) => label));
    for (const file of FILES) {
      const used = Array.from(read(file).matchAll(/srs_supervisor_\w+/g), ([name]) => name);
      assert.ok(used.length > 5, file);
      assert.deepEqual(
        used.filter((name) => !names.has(name)),
        [],
        file,
      );
      const by = [...read(file).matchAll(/(?:by|on) \(([\w, ]+)\)|[{,] ?(\w+)=~?\\?"/g)];
      const asked = by.flatMap(([, list = '', one = '']) => [...list.split(/, ?/), one]);
      // Prometheus itself adds these.
      const own = new Set(['', 'instance', 'job']);
      assert.deepEqual(
        asked.filter((label) => !labels.has(label) && !own.has(label)),
        [],
        file,
      );
    }
  });

  it('name limits and reasons that there are', async () => {
    const text = boxMetrics(await figures());
    const texts = `${read('alerts.yaml')}${read('grafana-dashboard.json')}`;
    const pairs = [...texts.matchAll(/(reason|limit)!?=~?\\?"([\w|-]+)/g)];
    const named = pairs.flatMap(([, label = '', values = '']) =>
      values.split('|').map((value) => `${label}="${value}"`),
    );
    assert.ok(named.length > 10, `${named}`);
    const missing = named.filter((pair) => !text.includes(pair));
    assert.deepEqual(missing, []);
  });

  it('have rules that fire, and a configuration that loads', { skip: NO_PROMTOOL }, () => {
    promtool('check', 'rules', 'alerts.yaml');
    promtool('test', 'rules', 'alerts-test.yaml');
    promtool('check', 'config', '--syntax-only', 'prometheus.yaml');
  });

  it('have a dashboard whose panels ask something and do not overlap', () => {
    const { panels } = JSON.parse(read('grafana-dashboard.json'));
    const cells = new Set<string>();
    for (const { gridPos, targets, title } of panels) {
      assert.ok(targets.length > 0, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < 24 && !cells.has(`${x} ${y}`), title);
          cells.add(`${x} ${y}`);
        }
      }
    }
  });
});
