-- append.lua — adds one notification to a topic, atomically with its number, its duplicate check, retention and its announcement.
-- KEYS[1] stream  KEYS[2] head  KEYS[3] once; absent for a notification without an idempotency key
-- ARGV[1] body  ARGV[2] channel  ARGV[3] most entries to keep  ARGV[4] longest to keep them, ms  ARGV[5] how long once is kept, ms
-- returns { sequence, 1 if it was there already else 0, 1 if a key had to be mended else 0 }
--
-- Entry:  id <stamp>-<sequence>, fields p = stamp of the entry before (0 for the first), b = body. Writers may append fields.
-- News:   "<stamp>-<sequence> <p> <body>"; the body begins at the first quote. Writers may append fields in front of it.

local LARGEST = 4398046511103   -- of a sequence or a stamp, because of cursors

local function position(id)
  local stamp, sequence = string.match(id, '^(%d+)%-(%d+)$')
  stamp, sequence = tonumber(stamp), tonumber(sequence)
  if stamp and stamp <= LARGEST and sequence <= LARGEST then return stamp, sequence end
end

local function text(stamp, sequence) return string.format('%.0f-%.0f', stamp, sequence) end

-- The stamp and sequence of an entry that can be ours.
local function ours(entry)
  local stamp, sequence = position(entry[1])
  local fields = entry[2]
  local previous = fields[1] == 'p' and fields[3] == 'b' and tonumber(fields[2])
  if stamp and previous and sequence > 0 and (previous == 0) == (sequence == 1) and string.sub(fields[4], 1, 6) == '"id":"' then return stamp, sequence end
end

-- Somebody else has written into these keys. The newest entry that can be ours tells the head; what stands above it goes.
local function mend()
  local stamp, sequence = 0, 0
  local foreign = {}
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1000)) do
    local s, n = ours(entry)
    if s then
      stamp, sequence = s, n
      break
    end
    foreign[#foreign + 1] = entry[1]
  end
  for _, id in ipairs(foreign) do redis.call('XDEL', KEYS[1], id) end
  local left = redis.call('EXISTS', KEYS[1]) == 1 and redis.call('XLEN', KEYS[1])
  if left then redis.call('XSETID', KEYS[1], text(stamp, sequence), 'ENTRIESADDED', left, 'MAXDELETEDID', '0-0') end
  return stamp, sequence
end

local function refuse(key, why) return { err = 'UNFIT ' .. key .. ' ' .. why } end

local once = KEYS[3] and redis.pcall('GET', KEYS[3])
if once then
  local first = type(once) == 'string' and tonumber(once)
  if not first then return refuse(KEYS[3], 'holds no sequence') end
  return { first, 1, 0 }
end

local mended = 0   -- 1 if what stands in the head or at the end of the stream was not ours
local head = redis.pcall('GET', KEYS[2])
local stamp, sequence
if type(head) == 'string' then stamp, sequence = position(head) end
if not stamp then
  local stream = redis.call('TYPE', KEYS[1]).ok
  if stream ~= 'none' and stream ~= 'stream' then return refuse(KEYS[1], 'is no stream') end
  if head or stream == 'stream' then
    redis.call('DEL', KEYS[2])
    mended = 1
    stamp, sequence = mend()
  else
    stamp, sequence = 0, 0
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function add()
  local id = text(math.max(now, stamp), sequence + 1)
  return redis.pcall('XADD', KEYS[1], 'MAXLEN', ARGV[3], id, 'p', string.format('%.0f', stamp), 'b', ARGV[1])
end

local added = add()
if type(added) == 'table' then
  if string.find(added.err, '^WRONGTYPE') then return refuse(KEYS[1], 'is no stream') end
  if string.find(added.err, '^OOM') then return added end
  mended = 1
  stamp, sequence = mend()
  added = add()
  if type(added) == 'table' then return added end
end

redis.call('SET', KEYS[2], added)
-- What has outlived its time is shown to nobody (read.lua), so it need not go at once: the first append of each thousandth of that time takes
-- it away, and lets the stream live for as long as an append at the end of that thousandth needs it.
local part = math.max(1, ARGV[4] / 1000)
if mended == 1 or math.floor(now / part) ~= math.floor(stamp / part) then
  redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', math.max(0, now - ARGV[4])))
  redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[4] + part))
end
if KEYS[3] then redis.call('SET', KEYS[3], sequence + 1, 'PX', ARGV[5]) end
redis.call('PUBLISH', ARGV[2], added .. string.format(' %.0f ', stamp) .. ARGV[1])
return { sequence + 1, 0, mended }
