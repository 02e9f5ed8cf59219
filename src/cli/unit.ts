import { isAbsolute, resolve } from 'node:path';
import { SupervisorError } from '../errors.js';

export interface UnitOptions {
  /** Path of the node program. */
  readonly execPath: string;
  /** Path of bin/srs-supervisor.js of this installation. */
  readonly script: string;
  readonly configPath?: string | undefined;
  /** Name of an existing user; absent: systemd makes a temporary one (DynamicUser). */
  readonly user?: string | undefined;
  /** Permissions that this configuration needs. */
  readonly needs?: UnitNeeds;
}

/** Permissions of a service beyond the usual ones. */
export interface UnitNeeds {
  /** Names (`CAP_…`) for the supervisor; children do not get them. */
  readonly capabilities: readonly string[];
  /** Folders that it writes, other than the service's own. */
  readonly writes: readonly string[];
  /** Ids of groups that may read its files. */
  readonly groups: readonly number[];
}

const DEFAULT_NEEDS: UnitNeeds = { capabilities: ['CAP_NET_ADMIN'], writes: [], groups: [] };

/** Renders a systemd service that runs this installation. @throws ERR_USAGE */
export function renderUnit(options: UnitOptions): string {
  const { execPath, script, configPath, user, needs = DEFAULT_NEEDS } = options;
  const paths = configPath === undefined ? [execPath, script] : [execPath, script, configPath];
  const relative = paths.find((path) => !isAbsolute(path));
  if (relative !== undefined) {
    const where = relative === configPath ? '-c: ' : '';
    const why = 'must be an absolute path, as a service starts in a folder of its own';
    throw usage(`${where}${why}, got "${relative}"; name ${resolve(relative)}`);
  }
  if (/["'\\\p{Cc}]/u.test(execPath)) {
    throw usage(`systemd takes no program with quotes in its path, got "${execPath}"`);
  }
  const command = [
    quote(execPath.replaceAll('%', '%%')),
    ...[script, 'run', ...(configPath === undefined ? [] : ['-c', configPath])].map(argument),
  ];
  const who = user === undefined ? 'DynamicUser=yes' : userLine(user);
  return unitText(command.join(' '), who, needs);
}

function unitText(command: string, user: string, needs: UnitNeeds): string {
  const capabilities = needs.capabilities.join(' ');
  const groups = needs.groups.map((group) => `SupplementaryGroups=${group}\n`).join('');
  const writes = needs.writes.map((path) => `ReadWritePaths=${argument(path)}\n`).join('');
  return `[Unit]
Description=SRS media servers, one for each CPU, as one
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command}
# Template and certificate; what takes a restart is said in the log.
ExecReload=/bin/kill -HUP $MAINPID
${user}
${groups}StateDirectory=srs-supervisor
WorkingDirectory=%S/srs-supervisor

# 2 is a bad config: starting again would not help.
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=2
TimeoutStartSec=120
# The supervisor tells every 30 s that its event loop runs. A supervisor that
# hangs is ended with its children and started again.
WatchdogSec=60

# SIGTERM goes to the supervisor alone: it ends clients, then its children.
# systemctl kill -s QUIT --kill-whom=main srs-supervisor lets clients finish
# first (drain.seconds).
KillMode=mixed
TimeoutStopSec=90

# One child that is out of memory is restarted, the others go on.
OOMPolicy=continue
LimitNOFILE=1048576
TasksMax=16384
# Clients of all children wait for the supervisor: its threads go first on a
# busy CPU.
LimitNICE=-5

# CAP_NET_ADMIN is for the firewall of the children's media ports and for
# rtc.media: offload, CAP_NET_BIND_SERVICE for ports below 1024. Children get
# neither.
AmbientCapabilities=${capabilities}
CapabilityBoundingSet=${capabilities}

NoNewPrivileges=yes
ProtectSystem=strict
${writes}ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
UMask=0077
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

function userLine(user: string): string {
  if (/^[a-z_][a-z0-9_-]{0,30}$/i.test(user)) return `User=${user}`;
  throw usage(`--user must be a user's name, got "${user}"`);
}

// systemd.service(5), "Command lines": in arguments, % is a specifier and $ a variable.
function argument(text: string): string {
  return quote(text.replaceAll('%', '%%').replaceAll('$', '$$$$'));
}

function quote(text: string): string {
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : JSON.stringify(text);
}

function usage(message: string): SupervisorError {
  return new SupervisorError('ERR_USAGE', `unit: ${message}`);
}
