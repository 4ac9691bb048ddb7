-- nodes.lua — says that a node is here, and tells it of all that are and of the key that only they share.
-- KEYS[1] hash    node id → "<ms by this clock> <address>"
-- KEYS[2] string  the key, made once
-- ARGV[1] id   ARGV[2] address, or "" to leave   ARGV[3] a key to take if there is none   ARGV[4] ms of silence after which a node is listed no more
-- ARGV[5] nodes at most; more are not ours
-- returns { key, what was repaired or "", id, address, id, address, … }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local repaired = ''

local kind = redis.call('TYPE', KEYS[1]).ok
if (kind ~= 'hash' and kind ~= 'none') or (kind == 'hash' and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5])) then
  redis.call('DEL', KEYS[1])
  repaired = KEYS[1]
end
kind = redis.call('TYPE', KEYS[2]).ok
if (kind ~= 'string' and kind ~= 'none') or (kind == 'string' and redis.call('STRLEN', KEYS[2]) ~= #ARGV[3]) then
  redis.call('DEL', KEYS[2])
  repaired = repaired == '' and KEYS[2] or repaired .. ' and ' .. KEYS[2]
end

redis.call('SET', KEYS[2], ARGV[3], 'NX')
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
end

local answer = { redis.call('GET', KEYS[2]), repaired }
local nodes = redis.call('HGETALL', KEYS[1])
for i = 1, #nodes, 2 do
  local stamp, address = string.match(nodes[i + 1], '^(%d+) (%S+)$')
  stamp = tonumber(stamp)
  if stamp and math.abs(now - stamp) <= tonumber(ARGV[4]) then
    answer[#answer + 1] = nodes[i]
    answer[#answer + 1] = address
  else
    redis.call('HDEL', KEYS[1], nodes[i])
  end
end
return answer
