import type { Binary } from '../child/binary.js';
import { leasePorts } from '../child/ports.js';
import type { Config } from '../config/config.js';
import { messageOf, SupervisorError } from '../errors.js';
import { closedPorts, type Exposed, exposedMedia, type FirewallPlan } from '../firewall/exposed.js';
import { Firewall } from '../firewall/firewall.js';
import { openPortsText } from '../firewall/rules.js';
import type { Outcome } from './findings.js';

/**
 * Checks whether `count` children need a firewall, and whether one can be made. Its value is null
 * if there shall be none. Throws ERR_CONFIG if one is demanded and cannot be made.
 */
export async function tryFirewall(
  config: Config,
  binary: Binary,
  count: number,
): Promise<Outcome<FirewallPlan | null>> {
  const { firewall } = config.children;
  const exposed = exposedMedia(config, binary);
  if (count === 0 || !(exposed.rtc || exposed.srt)) return { value: null, text: notNeeded(config) };
  const names = namesOf(exposed);
  if (firewall === 'off') return { value: null, text: `off: ${names} are for you to close` };
  const obstacle = await obstacleHere();
  const value = { exposed, obstacle };
  if (obstacle === null) return { value, text: `nftables closes ${names} to others` };
  if (firewall === 'on') {
    const mend = 'give the process that right, or set children.firewall to auto';
    throw new SupervisorError('ERR_CONFIG', `children.firewall: on, but ${obstacle}; ${mend}`);
  }
  const warnings = [await whatIsOpen(config, exposed, { count, obstacle })];
  return { value, text: null, warnings };
}

function notNeeded({ rtc }: Config): string {
  const direct = rtc.media === 'direct' ? ', but for what rtc.media: direct opens on purpose' : '';
  return `not needed: children's ports are on loopback${direct}`;
}

function namesOf({ rtc, srt }: Exposed): string {
  const names = [...(rtc ? ['rtc'] : []), ...(srt ? ['srt'] : [])];
  return `children's ${names.join(' and ')} ports`;
}

/** Returns why no table can be made; null if one can. */
async function obstacleHere(): Promise<string | null> {
  try {
    const firewall = await Firewall.open();
    await firewall.end();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Returns the warning about open ports, with the ports that a start would take now. */
async function whatIsOpen(
  { children: { portBase } }: Config,
  exposed: Exposed,
  { count, obstacle }: { readonly count: number; readonly obstacle: string },
): Promise<string> {
  const leases = await leasePorts(count, portBase);
  await Promise.all(leases.map((lease) => lease.release()));
  const ports = closedPorts(
    leases.map((lease) => lease.ports),
    exposed,
  );
  return openPortsText(obstacle, ports, portBase);
}
