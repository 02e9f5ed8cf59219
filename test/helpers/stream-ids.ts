/**
 * Stream ids with `role vhost app stream` as SRS 7.0.18 parses them with `default_app` live; null:
 * refused.
 */
export const STREAM_IDS: readonly (readonly [string, string | null])[] = [
  ['#!::r=live/s,m=publish', 'publish - live s'],
  ['#!::m=publish,r=live/s', 'publish - live s'],
  ['#!::r=live/s,m=PUBLISH', 'publish - live s'],
  ['#!::r=live/s,m=request', 'play - live s'],
  ['#!::r=live/s', 'play - live s'],
  ['#!::r=live/s;m=publish', 'publish - live s'],
  ['#!::r=live/s&m=publish', 'publish - live s'],
  ['#!::r=live/s&&m=publish', 'publish - live s'],
  ['#!::h=my.com,r=live/s,m=publish', 'publish my.com live s'],
  ['#!::h=live/s,m=publish', 'publish - live s'],
  ['#!::h=live/s?secret=x,m=publish', 'publish - live s'],
  ['#!::h=my.com/live/s,m=publish', 'publish my.com live s'],
  ['#!::h=my.com/live/s,r=app/t', 'play my.com app t'],
  ['#!::h=my.com/live/s/t', 'play my.com live s/t'],
  ['#!::r=live/s?secret=x,m=publish', 'publish - live s'],
  ['#!::r=live/s,key=a/b', 'play - live s'],
  ['#!::r=s,m=publish', 'publish - live s'],
  ['#!::r=s,key=a/b', 'play - s?key=a b'],
  ['#!::r=live/a/b,m=publish', 'publish - live a/b'],
  ['s', 'play - live s'],
  ['live/s', 'play - live s'],
  ['live/s?vhost=my.com', 'play - live s'],
  ['my.com/live/s', 'play - my.com live/s'],
  [' #!::r=live/s,m=publish', 'play -  #!::r=live s,m=publish'],
  ['', 'publish - live livestream'],
  // A name that shifts what follows it.
  ['#!::r=live/s,x,m=publish', 'play - live s'],
  // SRS refuses these.
  ['#!::', null],
  ['#!::m=publish', null],
  ['#!::h=my.com,m=publish', null],
  ['#!::h=live/s,r=,m=publish', null],
  ['#!::r=live/s,m=bogus', null],
  ['#!::r=live/s,m', null],
  // SRS accepts these with an empty stream or app.
  ['#!::r=/live/s,m=publish', null],
  ['/s', null],
  ['live/', null],
  ['live/?k=v', null],
  ['live/s\u0000', null],
  ['live/s\n', null],
];
