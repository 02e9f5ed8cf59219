import type { Logger } from '../logging/logger.js';
import type { ReloadResult } from './raw.js';

export interface ReloadParts {
  readonly reload: () => Promise<ReloadResult>;
  /** Path of the template; null: there is none. */
  readonly template: string | null;
  readonly logger: Logger;
}

/** Reloads all children with the present template and logs the result. Never rejects. */
export async function reloadChildren({ reload, template, logger }: ReloadParts): Promise<void> {
  if (template === null) {
    logger.info('reload: srs.template is not set, so there is nothing to reload');
    return;
  }
  const { kind, reason } = await reload();
  if (kind === 'done') logger.info({ template }, 'reload: all children have the new template');
  else if (kind === 'refused')
    logger.error({ reason }, 'reload: refused, the children keep their configs');
  else
    logger.error(
      { reason },
      'reload: failed, a child gets the new template at its next start only',
    );
}
