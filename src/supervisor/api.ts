import type { AccessRules } from '../access/rules.js';
import type { ApiAccess } from '../api/access.js';
import { Api } from '../api/api.js';
import { rulesOf } from '../api/rules.js';
import type { ApiChild, ApiIdentity, ApiSource } from '../api/types.js';
import type { ConfFacts } from '../check/prepared.js';
import { fixedPartText, renewedConf } from '../check/renew-conf.js';
import type { Fleet } from '../child/fleet.js';
import { readProcess } from '../child/process.js';
import { type ChildStatus, isServing } from '../child/types.js';
import { formatAddress } from '../config/address.js';
import type { Config } from '../config/config.js';
import { basicAuthorization } from '../config/credentials.js';
import { SupervisorError } from '../errors.js';
import { askedBoxes } from '../listener/peer/ask-boxes.js';
import { KEEPER_ADDRESS } from '../listener/source-keeper.js';
import type { Logger } from '../logging/logger.js';
import { redact } from '../logging/redact.js';
import type { Placement } from '../placement/placement.js';
import type { Boxes } from '../registry/redis/boxes.js';
import { SERVICE_ID } from '../system/service-id.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';
import type { Current } from './renewals.js';
import type { Served } from './served.js';

export interface MergedApiParts {
  readonly prepared: ConfFacts;
  readonly served: Pick<Served, 'vhosts'>;
  readonly serverId: string;
  readonly fleet: Fleet;
  readonly owners: Owners;
  readonly access: Pick<AccessRules, 'renew'>;
  readonly current: Current;
  readonly placement: Placement;
  readonly listeners: Listeners;
  /** See `ApiSource`. */
  readonly held: ApiSource['held'];
  readonly endHeld: ApiSource['endHeld'];
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  readonly logger: Logger;
  /** Removes secrets from a text. */
  readonly hide?: ((text: string) => string) | undefined;
}

/** Builds SRS's HTTP API for all children. */
export async function makeApi(parts: MergedApiParts): Promise<Api> {
  const { prepared, owners, served, placement, listeners, logger } = parts;
  const source: ApiSource = {
    identity: await identityOf(parts),
    rules: rulesOf(prepared.template, () => served.vhosts),
    children: () => owners.statuses().map((status) => toApiChild(status, owners)),
    held: parts.held,
    endHeld: parts.endHeld,
    streams: async () => placement.list(),
    clientOf: (alias) => listeners.clientOf(alias),
    ownAddress: KEEPER_ADDRESS,
    renewConfs: () => renew(parts),
    ports: () => portsOf(prepared.config, listeners),
  };
  const about = logger.child({ room: 'api' });
  const { boxes } = parts;
  const { secret } = prepared.config.cluster;
  const isAlone = boxes === null || secret === null;
  const others = isAlone ? {} : { neighbours: askedBoxes(boxes, secret, about) };
  return new Api({ source, access: accessOf(prepared), ...others, logger: about });
}

function portsOf({ listen }: Config, listeners: Listeners): ReturnType<ApiSource['ports']> {
  const [rtmp = null, api = null] = [
    listeners.address('rtmp')?.port,
    listeners.address('api')?.port,
  ];
  const isOpen = listen.api !== null && api !== null;
  return { rtmp, api, listen: isOpen ? formatAddress({ ...listen.api, port: api }) : '' };
}

/**
 * Applies the template as it stands now to the children's configs and to the access rules. Throws
 * ERR_CONFIG if children would have to restart for it: SRS's API reloads, and restarts nothing.
 */
async function renew({ prepared, fleet, access, current }: MergedApiParts): Promise<void> {
  const { conf, startPart, fixedPart } = await renewedConf({ ...prepared, ...current });
  if (fixedPart !== null) {
    const text = fixedPartText(fixedPart, 'an upgrade in place: run srs-supervisor reload');
    throw new SupervisorError('ERR_CONFIG', text);
  }
  if (startPart !== null) {
    const what = `srs.template: ${startPart} has changed, for which the children restart`;
    throw new SupervisorError('ERR_CONFIG', `${what}: run srs-supervisor reload`);
  }
  await fleet.rewrite(conf);
  current.template = conf.template;
  access.renew(conf.template.vhosts);
}

/** Our own credentials take precedence over the template's, which children still ask us for. */
export function accessOf({ config, template }: ConfFacts): ApiAccess {
  const { changes, token, username, password } = config.api;
  const isOurs = username !== null && password !== null;
  const authorization = isOurs
    ? basicAuthorization(`${username}:${password}`)
    : template.authorization;
  return { authorization, token, changes };
}

async function identityOf({
  prepared,
  serverId,
  hide = redact,
}: MergedApiParts): Promise<ApiIdentity> {
  const { pid, ppid } = process;
  return {
    server: serverId,
    service: SERVICE_ID,
    pid,
    ppid,
    argv: redact(hide((await readProcess(pid))?.args.join(' ').trimEnd() ?? '')),
    cwd: process.cwd(),
    version: prepared.binary.version,
    startedAt: Date.now(),
  };
}

function toApiChild(status: ChildStatus, owners: Owners): ApiChild {
  const { id, generation, state, health, pid, ports, host } = status;
  const ready = isServing(state) && ports.api !== 0;
  const life = { id, generation, ready, busy: health === 'busy', pid };
  const child = { ...life, port: ports.api, ...owners.access(id) };
  return host === undefined ? child : { ...child, host };
}
