/**
 * KEYS claim, held. ARGV text, lease in ms, stream, owner's text, live mark. Returns the claim that
 * is stored afterwards. A live claim replaces one that is not live; if it is the same owner's, its
 * `since` stays.
 */
const claim = `
local now = redis.call('GET', KEYS[1])
local wins = string.find(ARGV[1], ARGV[5], 1, true) and not (now and string.find(now, ARGV[5], 1, true))
if now and not wins then return now end
local text = ARGV[1]
if now and string.sub(now, 1, #ARGV[4]) == ARGV[4] then
  text = string.sub(now, 1, #now - 1) .. ARGV[5] .. '}'
end
redis.call('SET', KEYS[1], text, 'PX', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return text
`;

/**
 * KEYS claim, held. ARGV owner's text, stream, owner's text without generation. Returns 1 if the
 * owner held it. The set of held streams keeps what another generation of the child holds.
 */
const release = `
local now = redis.call('GET', KEYS[1])
local mine = now and string.sub(now, 1, #ARGV[1]) == ARGV[1]
if mine or not now or string.sub(now, 1, #ARGV[3]) ~= ARGV[3] then
  redis.call('SREM', KEYS[2], ARGV[2])
end
if not mine then return 0 end
redis.call('DEL', KEYS[1])
return 1
`;

/** KEYS held, claims. ARGV owner's text, lease in ms. Returns the lost claims' indexes as text. */
const renew = `
local lost = {}
local all = redis.call('MGET', unpack(KEYS, 2))
for i = 2, #KEYS do
  local now = all[i - 1]
  if type(now) == 'string' and string.sub(now, 1, #ARGV[1]) == ARGV[1] then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  else
    lost[#lost + 1] = i - 2
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return table.concat(lost, ' ')
`;

/** KEYS held. ARGV prefix of claims, text of box and child in a claim, generation. */
const releaseAll = `
local released = 0
for _, stream in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local key = ARGV[1] .. stream
  local now = redis.call('GET', key)
  local mine = now and string.sub(now, 1, #ARGV[2]) == ARGV[2]
  local generation = mine and tonumber(string.match(now, '^(%d+)', #ARGV[2] + 1))
  if mine and generation <= tonumber(ARGV[3]) then
    redis.call('DEL', key)
    released = released + 1
  end
  if not mine or generation <= tonumber(ARGV[3]) then
    redis.call('SREM', KEYS[1], stream)
  end
end
return released
`;

/**
 * KEYS boxes. ARGV id, record, ms after which a record is removed. Stores the box's beat with the
 * store's own time; returns whether the box was known, and the ids and records of living boxes.
 */
const beat = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HEXISTS', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
local all = redis.call('HGETALL', KEYS[1])
local living = {}
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^%d+'))
  if at and now - at <= tonumber(ARGV[3]) then
    living[#living + 1] = all[i]
    living[#living + 1] = all[i + 1]
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return { known, living }
`;

/** KEYS boxes. ARGV id. */
const leave = `return redis.call('HDEL', KEYS[1], ARGV[1])`;

export const SCRIPTS = { claim, release, renew, releaseAll, beat, leave } as const;
