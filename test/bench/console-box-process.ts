/** Serves the console of a made-up big box until the parent goes; tells its address. */
import { bigMachine } from '../helpers/big-machine.js';
import { FakeBox } from '../helpers/fake-box.js';

const [children = 256, streams = 10_000] = process.argv.slice(2).map(Number);
const box = new FakeBox({ children, streams, ...bigMachine(9) });
const url = await box.start();
process.on('disconnect', () => process.exit());
process.send?.(url);
