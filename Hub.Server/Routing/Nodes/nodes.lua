-- nodes.lua — announces a node, and returns all listed nodes and the key that only they share.
-- KEYS[1] hash    node id → "<ms by this clock> <address>"
-- KEYS[2] string  the key, made once
-- KEYS[3] hash    node id → its version; nodes of the first version neither write nor read this hash
-- KEYS[4] hash    version → ms by this clock when a node of that version was last listed
-- ARGV[1] id   ARGV[2] address, or "" to leave   ARGV[3] the key to set if there is none   ARGV[4] ms of silence after which a node is removed
-- ARGV[5] nodes at most; a longer hash is foreign and is deleted   ARGV[6] the node's version
-- returns { key, the repaired keys or "", the lowest version listed in the last ARGV[4] ms, ms by this clock, id, address, version or "", id, address, version or "", … }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local repaired = {}

local function drop(key)
  redis.call('DEL', key)
  repaired[#repaired + 1] = key
end

for _, key in ipairs({ KEYS[1], KEYS[3], KEYS[4] }) do
  local kind = redis.call('TYPE', key).ok
  if (kind ~= 'hash' and kind ~= 'none') or (kind == 'hash' and redis.call('HLEN', key) > tonumber(ARGV[5])) then drop(key) end
end
local kind = redis.call('TYPE', KEYS[2]).ok
if (kind ~= 'string' and kind ~= 'none') or (kind == 'string' and redis.call('STRLEN', KEYS[2]) ~= #ARGV[3]) then drop(KEYS[2]) end

redis.call('SET', KEYS[2], ARGV[3], 'NX')
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[6])
end

local versions, spoken = {}, redis.call('HGETALL', KEYS[3])
for i = 1, #spoken, 2 do versions[spoken[i]] = spoken[i + 1] end

local answer = { redis.call('GET', KEYS[2]), table.concat(repaired, ' and '), '', string.format('%.0f', now) }
local nodes = redis.call('HGETALL', KEYS[1])
for i = 1, #nodes, 2 do
  local stamp, address = string.match(nodes[i + 1], '^(%d+) (%S+)$')
  stamp = tonumber(stamp)
  if stamp and math.abs(now - stamp) <= tonumber(ARGV[4]) then
    answer[#answer + 1] = nodes[i]
    answer[#answer + 1] = address
    answer[#answer + 1] = versions[nodes[i]] or ''
    redis.call('HSET', KEYS[4], tonumber(versions[nodes[i]]) or 1, string.format('%.0f', now))
    versions[nodes[i]] = nil
  else
    redis.call('HDEL', KEYS[1], nodes[i])
  end
end
-- The remaining versions belong to nodes that are no longer listed, whichever version removed them.
for id in pairs(versions) do redis.call('HDEL', KEYS[3], id) end

-- A version counts for a while after its last node has left: an upgrade can be reverted for that long.
local least
local lately = redis.call('HGETALL', KEYS[4])
for i = 1, #lately, 2 do
  local version, stamp = tonumber(lately[i]), tonumber(lately[i + 1])
  if version and stamp and math.abs(now - stamp) <= tonumber(ARGV[4]) then least = math.min(least or version, version)
  else redis.call('HDEL', KEYS[4], lately[i]) end
end
answer[3] = tostring(least or '')
return answer
