import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../../src/listener/connection.js';
import { Connections } from '../../src/listener/connections.js';
import { noCounters } from '../../src/listener/counters.js';
import { TrafficMeter } from '../../src/listener/traffic.js';
import { until } from '../helpers/until.js';

/** A connection of this child whose relay moves so many bytes more each time it is asked. */
function moving(connections: Connections, child: string, step: number): Connection {
  const connection = connections.open('192.0.2.1', 1, 1);
  assert.ok(connection instanceof Connection);
  let bytesIn = 0;
  connection.servedBy(
    { id: child, generation: 1 },
    {
      get bytesIn() {
        bytesIn += step;
        return bytesIn;
      },
      bytesOut: 0,
      ended: new Promise(() => {}),
      destroy: () => {},
    },
  );
  return connection;
}

test('knows what each child’s clients move, and forgets a child without clients', async () => {
  const connections = new Connections({ connections: 100, connectionsPerIp: 0 });
  const meter = new TrafficMeter(connections);
  const traffic = (child: string) => meter.summary(noCounters()).traffic.get(child);
  try {
    assert.equal(traffic('c001'), undefined);
    const both = [moving(connections, 'c001', 1000), moving(connections, 'c001', 1000)];
    moving(connections, 'c002', 0);
    connections.open('192.0.2.1', 1, 1);
    await until('both are seen', () => traffic('c001')?.connections === 2);
    assert.ok((traffic('c001')?.bitrate ?? 0) > 0);
    assert.deepEqual(traffic('c002'), { connections: 1, bitrate: 0, bitrateOut: 0 });
    for (const connection of both) connections.closed(connection);
    await until('they are gone', () => traffic('c001') === undefined);
  } finally {
    meter.close();
  }
});
