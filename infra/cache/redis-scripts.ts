/**
 * What the cache does in Redis, each step at once and for all processes (Redis 5 or newer).
 *
 * A tag has a generation: a random word under `g:<tag>`. A value is kept together with the generations of its tags at
 * the time its load *began*, and counts only while they are still the same. Dropping a tag deletes its generation; the
 * next look gives it a new one. So a late load stores nothing, and a generation that Redis itself threw away (memory,
 * time) makes values unusable, never usable again. `k:<tag>` lists the values of a tag with their ends, so that
 * dropping also removes them; `h:<tag>` holds a tag back.
 */

/**
 * KEYS: value, n × generation, n × hold. ARGV: word for a new generation, its time to live.
 * Answers `held`, or n generations and, where all of them were there, the value.
 */
export const LOOK = `
local n = (#KEYS - 1) / 2
for i = 1, n do
  if redis.call('EXISTS', KEYS[1 + n + i]) == 1 then return 'held' end
end
local answer, whole = {}, true
for i = 1, n do
  local generation = redis.call('GET', KEYS[1 + i])
  if not generation then
    generation, whole = ARGV[1], false
    redis.call('SET', KEYS[1 + i], generation, 'PX', ARGV[2])
  end
  answer[i] = generation
end
if whole then
  local value = redis.call('GET', KEYS[1])
  if value then answer[n + 1] = value end
end
return answer`;

/** KEYS: value, n × generation, n × list. ARGV: text, its time to live, n × generation. Answers 1 where it was kept. */
export const KEEP = `
local n = #ARGV - 2
for i = 1, n do
  if redis.call('GET', KEYS[1 + i]) ~= ARGV[2 + i] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, n do
  local list = KEYS[1 + n + i]
  redis.call('ZREMRANGEBYSCORE', list, '-inf', now)
  redis.call('ZADD', list, now + ARGV[2], KEYS[1])
  if redis.call('PTTL', list) < tonumber(ARGV[2]) then redis.call('PEXPIRE', list, ARGV[2]) end
end
return 1`;

/**
 * KEYS: generation, list, hold. ARGV: how long to hold back, 0 = not at all. Answers how many values went.
 * Deletes first: that is allowed even where Redis has no memory left.
 */
export const DROP = `
local keys = redis.call('ZRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[1])
for i = 1, #keys, 500 do redis.call('DEL', unpack(keys, i, math.min(i + 499, #keys))) end
redis.call('DEL', KEYS[2])
local hold = tonumber(ARGV[1])
if hold > 0 and redis.call('PTTL', KEYS[3]) < hold then redis.call('SET', KEYS[3], '1', 'PX', ARGV[1]) end
return #keys`;
