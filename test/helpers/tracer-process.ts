/** Traces the process of its argument until it is killed itself: see `Tracer`. */

import koffi from 'koffi';

const PTRACE_SEIZE = 0x4206;

const ptrace = koffi.load(null).func('long ptrace(long request, int pid, long addr, long data)');
const pid = Number(process.argv[2]);
process.send?.(ptrace(PTRACE_SEIZE, pid, 0, 0) === 0);
process.on('disconnect', () => process.exit());
