import { PortableEngine } from '../../src/relay/portable/tcp.js';
import { PortableUdpRelay } from '../../src/relay/portable/udp.js';
import { relayContract } from './contract.js';
import { udpContract } from './udp-contract.js';

relayContract('portable', () => new PortableEngine());
udpContract('portable', (options) => PortableUdpRelay.open(options));
