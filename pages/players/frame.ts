import { type Ask, type Ports, parseAsk, printAsk } from './ask.js';
import { make } from './dom.js';

/** File -> what its link says, and what the page does. */
export const PAGES = {
  'flv.html': ['HTTP-FLV', 'Plays within a second or two'],
  'hls.html': ['HLS', 'Plays anywhere, some seconds late'],
  'whep.html': ['WHEP', 'Plays by WebRTC, at once'],
  'whip.html': ['WHIP', 'Publishes your camera by WebRTC'],
} as const;

export function askOfPage(): Ask {
  return parseAsk(location.search);
}

/** @throws Error in words where the server does not answer. */
export async function readPorts(): Promise<Ports> {
  const response = await fetch('config.json').catch(() => null);
  if (response?.ok !== true) throw new Error('the server does not answer: does it still run?');
  return response.json();
}

/** What all pages begin with; `show` has its links lead to the stream that the page is at. */
export function addHeader(current: string): { readonly show: (ask: Ask) => void } {
  const links = Object.entries(PAGES).map(([file, [name]]) => {
    const link = make('a', { textContent: name });
    if (file === current) link.setAttribute('aria-current', 'page');
    return { file, link };
  });
  const home = make('a', { textContent: 'srs-supervisor', className: 'home' });
  const nav = make('nav', {}, ...links.map(({ link }) => link));
  document.body.prepend(make('header', {}, home, nav));
  const show = (ask: Ask) => {
    const query = printAsk({ ...ask, autostart: false });
    home.href = `./${query}`;
    for (const { file, link } of links) link.href = file + query;
  };
  return { show };
}
