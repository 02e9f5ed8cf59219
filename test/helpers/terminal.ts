import { execFileSync } from 'node:child_process';
import { findProgram } from './programs.js';
import { until } from './until.js';

/** Why no terminal can be looked at here, or false. */
export const NO_TMUX = findProgram('tmux') === null && 'needs tmux';

const COLUMNS = 80;
const ROWS = 24;
let opened = 0;

/** The text that a terminal of 80x24 shows. */
export interface Shot {
  /** The visible lines, without blanks at their ends. */
  readonly lines: readonly string[];
  /** All lines since the start, those that the terminal broke joined again. */
  readonly joined: readonly string[];
  /** All lines since the start, as they are shown. */
  readonly shown: readonly string[];
}

/** A terminal of 80x24 in which one shell command runs; it ends with `close`. */
export class Terminal {
  /** Arguments of tmux that name its server. */
  readonly #own: readonly string[];
  /** Shows the exit code when the command has ended. */
  static readonly END = 'exit code ';

  private constructor(socket: string) {
    this.#own = ['-L', socket, '-f', '/dev/null'];
  }

  static open(command: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }): Terminal {
    const terminal = new Terminal(`srs-shots-${process.pid}-${opened++}`);
    // Ctrl-C is for the command alone.
    const shown = `trap : INT; ${command}; echo "${Terminal.END}$?"; exec sleep infinity`;
    const size = ['-x', `${COLUMNS}`, '-y', `${ROWS}`];
    const words = ['new-session', '-d', ...size, '-c', cwd, 'sh', '-c', shown];
    // The server, which this starts, hands its environment on.
    execFileSync('tmux', [...terminal.#own, ...words], { env: { ...process.env, ...env } });
    return terminal;
  }

  /** Resolves when the screen matches, to what it shows. */
  async shows(pattern: RegExp): Promise<Shot> {
    let shot = this.#shot();
    await until(
      () => `${pattern}\n${shot.joined.join('\n')}`,
      () => {
        shot = this.#shot();
        return pattern.test(shot.joined.join('\n'));
      },
    );
    return shot;
  }

  /** Resolves when the command has ended, to what it left on the screen. */
  async ended(): Promise<{ shot: Shot; code: number }> {
    const shot = await this.shows(new RegExp(`^${Terminal.END}\\d+$`, 'm'));
    const last = shot.joined.findLast((line) => line.startsWith(Terminal.END)) ?? '';
    return { shot, code: Number(last.slice(Terminal.END.length)) };
  }

  /** Presses keys, by tmux's names: `C-c`. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #shot(): Shot {
    const capture = (...words: string[]) =>
      this.#tmux('capture-pane', '-p', ...words)
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd());
    const all = ['-S', '-'];
    return { lines: capture(), joined: capture('-J', ...all), shown: capture(...all) };
  }

  #tmux(...words: readonly string[]): string {
    return execFileSync('tmux', [...this.#own, ...words], { encoding: 'utf8' });
  }
}
