import { messageOf, SupervisorError } from '../errors.js';
import type { Inheritance } from '../upgrade/inheritance.js';

/** Milliseconds for all that was handed over to be taken over. */
const ADOPT_MS = 60_000;

/**
 * Does the work of a program that may have inherited something; where it fails, or takes too long,
 * before all of that is taken over, the program before is brought back once.
 */
export async function orGoBack(
  inheritance: Pick<Inheritance, 'canGoBack' | 'goBack'> | null,
  work: () => Promise<void>,
  limitMs = ADOPT_MS,
): Promise<void> {
  const goBack = async (reason: string) => {
    if (!inheritance?.canGoBack) return;
    const code = await inheritance.goBack(reason);
    const text = `upgrade: ${reason}; the program before cannot be started again: ${code}`;
    throw new SupervisorError('ERR_UPGRADE', text);
  };
  const late = setTimeout(() => {
    void goBack(`it has not taken all over after ${limitMs / 1000} s`);
  }, limitMs);
  try {
    await work();
  } catch (error) {
    await goBack(messageOf(error).split('\n', 1)[0] ?? '');
    throw error;
  } finally {
    clearTimeout(late);
  }
}
