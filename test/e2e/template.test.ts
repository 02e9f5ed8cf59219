import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { clearWorkDir, RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** `FOLDER` is the test's own. Paths are relative as in SRS's examples. */
const TEMPLATE = `listen 1935 19350;
work_dir /srs;
http_server { enabled on; listen 8080; dir ./objs/html;
  https { enabled on; listen 8443; } }
vhost __defaultVhost__ {
  http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
  http_static { enabled on; mount [vhost]/vod; dir FOLDER/vod; }
  hls { enabled on; hls_path ./objs/html; hls_fragment 1; }
  ingest off { enabled off; ffmpeg ./ffmpeg; }
  MORE
}`;
/** Directives that mini-srs lacks. */
const FILES = `dvr { enabled on; dvr_plan session; dvr_path ./objs/html/[app]/[stream].flv; }
  dash { enabled on; dash_fragment 2; dash_update_period 2; dash_path ./objs/html;
    dash_mpd_file [app]/[stream].mpd; }`;

const AMBIGUOUS = 'Bad Request: the path can be read in two ways\n';

for (const origin of origins()) {
  const isSrs = origin.name === 'srs';

  describe(`a template of one's own before ${origin.name}`, BOUNDED, () => {
    let folder: string;
    let supervisor: RunningSupervisor;
    let env: NodeJS.ProcessEnv;
    let web: string;
    let api: string;
    const cast = new Cast();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-template-e2e-'));
      const workDir = join(folder, 'run');
      await mkdir(join(folder, 'vod'));
      await writeFile(join(folder, 'vod/b.txt'), 'on demand');
      await mkdir(join(workDir, 'objs/html/console'), { recursive: true });
      await writeFile(join(workDir, 'objs/html/a.html'), 'a page');
      await writeFile(join(workDir, 'objs/html/console/index.html'), 'a console');
      const template = join(folder, 'srs.conf');
      const text = TEMPLATE.replace('MORE', isSrs ? FILES : '').replace('FOLDER', folder);
      await writeFile(template, text);
      env = { SRS_SUPERVISOR_SRS_TEMPLATE: template };
      const http = await freePort();
      web = `http://127.0.0.1:${http}`;
      const apiPort = await freePort();
      api = `http://127.0.0.1:${apiPort}`;
      const ports = { http, api: apiPort };
      const options = { origin: origin.path, children: 2, ports, env, workDir };
      supervisor = await RunningSupervisor.start(options);
    });
    after(async () => {
      await cast.close();
      await supervisor?.stop();
      await clearWorkDir(supervisor.workDir);
      await rm(folder, { recursive: true, force: true });
    });

    it('has its web files shown', async () => {
      const page = await fetch(`${web}/a.html`);
      assert.deepEqual([page.status, await page.text()], [200, 'a page']);
      const range = { headers: { range: 'bytes=3-' } };
      const part = await fetch(`${web}/vod/b.txt`, range);
      assert.deepEqual([part.status, await part.text()], [206, 'demand']);
      assert.equal((await fetch(`${web}/b.txt`)).status, 404);
      const root = await fetch(`${web}/`, { redirect: 'manual' });
      assert.equal(root.headers.get('location'), 'players/');
    });

    it('has its console shown at the API port, and nothing else of its web files', async () => {
      const answerOf = async (path: string) => {
        const answer = await fetch(`${api}${path}`);
        return [answer.status, await answer.text()];
      };
      assert.deepEqual(await answerOf('/console'), [200, 'a console']);
      assert.deepEqual(await answerOf('/console/index.html'), [200, 'a console']);
      assert.deepEqual(await answerOf('/console/no.html'), [404, 'Not Found']);
      assert.deepEqual(await answerOf('/console/..%2fa.html'), [400, AMBIGUOUS]);
      const [, shown] = await answerOf('/a.html');
      assert.match(String(shown), /^\{"code":0,/);
    });

    it('has what a start cannot do said in one line', () => {
      const lines = supervisor.output.split('\n').filter((line) => line.includes('srs.template'));
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /of its directives 2 ignored, \d+ replaced, \d+ moved; /);
    });

    it('has each of that said by check, with line and reason', async () => {
      const args = ['check', '--srs', origin.path, '--workdir', join(folder, 'other')];
      const ports = ['--rtmp', `${await freePort()}`, '--admin', `${await freePort()}`];
      const { code, stdout } = await cli([...args, ...ports], { env });
      assert.equal(code, 0, stdout);
      const notes = stdout.split('\n').filter((line) => /^note +template /.test(line));
      for (const note of [
        /listen 1935 19350 \(line 1\) is replaced: RTMP clients come to listen\.rtmp/,
        /work_dir \/srs \(line 2\) is ignored: children run in workDir/,
        /http_server\.https \{…\} \(line 4\) is ignored: TLS ends at the supervisor/,
        /vhost\.hls\.hls_path \.\/objs\/html \(line 8\) is replaced: /,
        /http_server\.dir \.\/objs\/html \(line 3\).* moved: a relative path begins in workDir/,
      ]) {
        assert.equal(notes.filter((line) => note.test(line)).length, 1, `${note}\n${stdout}`);
      }
      assert.ok(!stdout.includes('./ffmpeg'), stdout);
    });

    const skip = !isSrs && 'mini-srs writes neither';
    it('has its DASH and DVR files shown, whichever child wrote them', { skip }, async () => {
      const publisher = cast.publish(supervisor.url('live/cam'));
      const mpd = await until('a manifest', async () => {
        const answer = await fetch(`${web}/live/cam.mpd`);
        return answer.ok && answer;
      });
      assert.equal(mpd.headers.get('content-type'), 'application/dash+xml');
      assert.match(await mpd.text(), /<MPD /);
      await publisher.kill();
      const recorded = await until('a recording', async () => {
        const answer = await fetch(`${web}/live/cam.flv`, { headers: { range: 'bytes=0-2' } });
        return answer.status === 206 && answer;
      });
      assert.equal(await recorded.text(), 'FLV');
    });
  });
}
