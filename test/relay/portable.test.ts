import { PortableEngine } from '../../src/relay/portable/tcp.js';
import { relayContract } from './contract.js';

relayContract('portable', () => new PortableEngine());
