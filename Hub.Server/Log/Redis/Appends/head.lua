-- head.lua — sets the head of a topic whose stream was on another server when append.lua appended, and announces the entry.
-- KEYS[1] head  ARGV[1] position  ARGV[2] channel  ARGV[3] the announcement; '' for none

local function read(position)
  local stamp, sequence = string.match(position, '^(%d+)%-(%d+)$')
  return tonumber(stamp), tonumber(sequence)
end

local stamp, sequence = read(ARGV[1])
local kept = redis.call('GET', KEYS[1])
local s, n = read(kept or '')
if not s or s < stamp or s == stamp and n < sequence then redis.call('SET', KEYS[1], ARGV[1]) end
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
