import { openWorkDir } from '../../src/child/workdir.js';

/** Holds the work directory of its first argument until it is killed. */
await openWorkDir(process.argv[2] ?? '');
console.log('held');
setInterval(() => {}, 1000);
