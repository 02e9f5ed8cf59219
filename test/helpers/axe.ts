import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from './paths.js';

const SOURCE = join(ROOT, 'node_modules/axe-core/axe.min.js');
/** Rules that depend on the colours of a page; the others find the same in light and dark. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/**
 * Returns what makes a page hard to use for some, by the rules of axe; with `coloursOnly` by those
 * about colours. Other documents in frames have tests of their own.
 */
export async function axeFindings(page: Page, coloursOnly = false): Promise<string[]> {
  const options = { iframes: false, ...(coloursOnly && { runOnly: COLOURS }) };
  if (!(await page.evaluate<boolean>(`'axe' in window`))) {
    await page.evaluate(readFileSync(SOURCE, 'utf8'));
  }
  return page.evaluate<string[]>(`axe.run(document, ${JSON.stringify(options)}).then(
    ({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`);
}
