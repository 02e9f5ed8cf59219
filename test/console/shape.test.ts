import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../../src/console/shape.js';
import { synthetic } from '../cpu/synthetic.js';

test('draws packages, nodes, caches and cores from the outside in', () => {
  const machine = synthetic({ nodes: 2, l3PerNode: 2, coresPerL3: 2, threads: 2 });
  assert.deepEqual(shapeOf(machine, [0, 8]), {
    reserved: [0, 8],
    packages: [
      {
        name: 'Package 0',
        nodes: [
          {
            name: 'NUMA node 0',
            caches: [
              {
                name: 'L3 0',
                cores: [
                  [0, 8],
                  [1, 9],
                ],
              },
              {
                name: 'L3 1',
                cores: [
                  [2, 10],
                  [3, 11],
                ],
              },
            ],
          },
          {
            name: 'NUMA node 1',
            caches: [
              {
                name: 'L3 2',
                cores: [
                  [4, 12],
                  [5, 13],
                ],
              },
              {
                name: 'L3 3',
                cores: [
                  [6, 14],
                  [7, 15],
                ],
              },
            ],
          },
        ],
      },
    ],
  });
});

test('draws the cores of a kernel that tells nothing else', () => {
  const machine = { ...synthetic({ nodes: 1 }), packages: [], numa: [], l3: null };
  const nodes = [{ name: null, caches: [{ name: null, cores: [[0]] }] }];
  assert.deepEqual(shapeOf(machine, []), { reserved: [], packages: [{ name: 'CPUs', nodes }] });
});
