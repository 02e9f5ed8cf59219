import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { circlesIn } from './helpers/circles.js';
import { ROOT } from './helpers/paths.js';

const SRC = join(ROOT, 'src');
/** A statement, or an `import()` of a module by its name, for its values or its types. */
const IMPORT = /^(?:import|export)\b[^;]*?from '([^']+)'|\bimport\('([^']+)'\)/gms;
/** The room's name, and the rooms that it may import. */
const ROOM_HEAD = /^\/\*\*\n \* The room `([\w-]+)\/`:.*?\n \* May import: ([^.]*)\.\n \*\/\n/s;
/** Lines a source file may have; most have far fewer. */
const MAX_LINES = 300;

interface Source {
  /** `listener/listener.ts` */
  readonly path: string;
  readonly text: string;
  /** Of the project: paths below src. Others: as written. */
  readonly imports: readonly string[];
}

function readSource(path: string): Source {
  const text = readFileSync(join(SRC, path), 'utf8');
  const imports = [...text.matchAll(IMPORT)].map(([, before, within]) => {
    const name = before ?? within ?? '';
    return name.startsWith('.')
      ? relative(SRC, resolve(join(SRC, dirname(path)), name)).replace(/\.js$/, '.ts')
      : name;
  });
  return { path, text, imports };
}

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map(readSource);

/** Every file below `room` that imports something `forbidden` matches. */
function breaches(room: string, forbidden: RegExp): string[] {
  return sources
    .filter(({ path }) => path.startsWith(room))
    .flatMap(({ path, imports }) =>
      imports.filter((name) => forbidden.test(name)).map((name) => `${path} imports ${name}`),
    );
}

function users(pattern: RegExp, allowed: RegExp): string[] {
  return sources
    .filter(({ path, text }) => pattern.test(text) && !allowed.test(path))
    .map(({ path }) => path);
}

/** Imports of each file within the project; with `by`, those of each room. */
function importsBy(by: (path: string) => string = (path) => path): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of sources) {
    const own = by(path);
    const others = imports.filter((name) => name.endsWith('.ts')).map(by);
    const known = graph.get(own) ?? new Set();
    graph.set(own, new Set([...known, ...others.filter((name) => name !== own)]));
  }
  return graph;
}

const SOCKETS = /^node:(net|dgram|http|https|tls)$/;

describe('import laws', () => {
  it('finds the sources', () => {
    assert.ok(sources.length > 40);
    const all = sources.flatMap(({ imports }) => imports);
    for (const name of ['relay/relay.ts', 'relay/native/udp.ts', 'koffi']) {
      assert.ok(all.includes(name), name);
    }
  });

  it('no files import each other in a circle, and no rooms, not even for types', () => {
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', ['d']],
      ['d', ['b']],
    ]);
    assert.deepEqual(circlesIn(graph), ['b > c > d > b']);
    assert.deepEqual(circlesIn(importsBy()), []);
    assert.deepEqual(circlesIn(importsBy((path) => path.split('/')[0] ?? '')), []);
  });

  it('each room says at the head of one file what it is and which rooms it may import', () => {
    const rooms = new Set(sources.flatMap(({ path }) => path.match(/^[^/]+(?=\/)/)?.[0] ?? []));
    for (const room of rooms) {
      const heads = sources.flatMap(({ path, text }) => {
        const [, name, words = ''] = ROOM_HEAD.exec(text) ?? [];
        return path.startsWith(`${room}/`) && name === room ? [words] : [];
      });
      assert.equal(heads.length, 1, `${room}/ has one head comment`);
      const may = heads[0]?.split(/[\s*,]+/) ?? [];
      const others = sources
        .filter(({ path }) => path.startsWith(`${room}/`))
        .flatMap(({ imports }) =>
          imports.flatMap((name) => /^([^/]+)\/.*\.ts$/.exec(name)?.[1] ?? []),
        );
      const foreign = [...new Set(others)].filter((name) => name !== room && !may.includes(name));
      if (heads[0] !== 'every room') assert.deepEqual(foreign, [], `imports of ${room}/`);
    }
  });

  it('parsers know no sockets, clocks or randomness', () => {
    assert.deepEqual(breaches('protocol/', SOCKETS), []);
    assert.deepEqual(breaches('srs-conf/', SOCKETS), []);
    const impure = /Date\.now|Math\.random|randomBytes|setTimeout|setInterval|performance\.now/;
    const pure = sources.filter(({ path }) => /^(protocol|srs-conf)\//.test(path));
    assert.deepEqual(
      pure.filter(({ text }) => impure.test(text)).map(({ path }) => path),
      [],
    );
  });

  it('the relay knows neither registry nor placement nor any protocol', () => {
    assert.deepEqual(breaches('relay/', /^(registry|placement|protocol|listener|child)\//), []);
  });

  it('nothing outside the relay knows the native engine, or asks which engine it has', () => {
    const others = sources.filter(({ path }) => !path.startsWith('relay/'));
    const native = ({ imports }: Source) => imports.some((name) => /^relay\/native\//.test(name));
    const asks = ({ text }: Source) => /instanceof \w*Engine\b/.test(text);
    assert.deepEqual(
      others.filter((source) => native(source) || asks(source)).map(({ path }) => path),
      [],
    );
  });

  it('registry and placement know no sockets', () => {
    assert.deepEqual(breaches('registry/', SOCKETS), []);
    assert.deepEqual(breaches('placement/', SOCKETS), []);
  });

  it('the children’s way and the data’s way meet in the supervisor only', () => {
    assert.deepEqual(breaches('cpu/', /^(child|listener|placement|registry|relay)\//), []);
    assert.deepEqual(breaches('child/', /^(listener|placement|registry|relay)\//), []);
    const children = /^child\/(?!types\.ts)/;
    assert.deepEqual(breaches('listener/', children), []);
    assert.deepEqual(breaches('placement/', children), []);
  });

  it('nobody but the program imports the supervisor', () => {
    const importers = sources.filter(({ imports }) =>
      imports.some((name) => name.startsWith('supervisor/')),
    );
    assert.deepEqual(
      importers
        .map(({ path }) => path)
        .filter((path) => !/^(supervisor\/.*|main|cli\/(handed-over|prove|run))\.ts$/.test(path)),
      [],
    );
  });

  it('children are asked and dialled in few places, within the budget of their connections', () => {
    const asks = /(?<![#.\w])fetch\(|^import [^;]*\brequest\b[^;]*from 'node:http'/m;
    assert.deepEqual(users(asks, /^(admin\/client|child-access\/ask|origin\/.*)\.ts$/), []);
    const dials = /^import [^;]*\bconnect\b[^;]*from 'node:net'/m;
    const dialling =
      /^(child-access\/.*|listener\/dial|child\/probe|relay\/self-test|demo\/.*)\.ts$/;
    assert.deepEqual(users(dials, dialling), []);
    assert.deepEqual(breaches('child-access/', /^(child|listener|api|hls|hooks|supervisor)\//), []);
  });

  it('the embedded origin shares codecs with us and nothing else', () => {
    const shared = /^(origin|protocol|srs-conf)\/|^(errors|stream-key|version)\.ts$/;
    const foreign = sources
      .filter(({ path }) => path.startsWith('origin/'))
      .flatMap(({ imports }) => imports)
      .filter((name) => name.endsWith('.ts') && !shared.test(name));
    assert.deepEqual(foreign, []);
  });
});

describe('habits', () => {
  it('only the programs touch arguments, signals and the end of the process', () => {
    const program = /process\.(argv|exit\(|exitCode|on\()/;
    // SIGCHLD alone tells of the end of a child that Node does not know.
    // The origin's API says with which arguments it was started, as SRS's does.
    assert.deepEqual(
      users(
        program,
        /^(main|cli\/(early-signals|handed-over|signals|unforeseen)|child\/adopted-process|origin\/(main|api\/views))\.ts$/,
      ),
      [],
    );
  });

  it('only the programs and the configuration read the environment', () => {
    assert.deepEqual(
      users(
        /process\.env/,
        /^(main|cli\/(early-signals|handed-over)|config\/load|origin\/main)\.ts$/,
      ),
      [],
    );
  });

  it('no source file is too long for one job', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > MAX_LINES + 1);
    assert.deepEqual(
      long.map(({ path }) => path),
      [],
    );
  });
});
