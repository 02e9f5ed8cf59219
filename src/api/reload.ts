import type { Logger } from '../logging/logger.js';
import type { ReloadResult } from './raw.js';

export interface ReloadParts {
  readonly reload: () => Promise<ReloadResult>;
  /** Path of the children's template; null: none. */
  readonly template: string | null;
  readonly logger: Logger;
}

/** Reloads all children with the present template and logs the result. Never rejects. */
export async function reloadChildren({ reload, template, logger }: ReloadParts): Promise<void> {
  if (template === null) {
    logger.info('reload: there is no srs.template that children could go by anew');
    return;
  }
  const { kind, reason } = await reload();
  if (kind === 'done')
    logger.info({ template }, 'reload: all children go by the template as it is');
  else if (kind === 'refused')
    logger.error({ reason }, 'reload: refused, children stay as they are');
  else
    logger.error({ reason }, 'reload: a child goes by the new template from its next start only');
}
