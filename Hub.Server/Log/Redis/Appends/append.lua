-- append.lua — adds notifications to topics, each atomically with its number, its duplicate check, retention and its announcement.
-- KEYS for each append: stream, head, and once if it has an idempotency key
-- ARGV[1] most entries to keep  ARGV[2] longest to keep them, ms  ARGV[3] how long once is kept, ms
-- ARGV[4] for each append a digit: 1 if it has an idempotency key, plus 2 in a cluster; may end early
-- ARGV[5] the secret of the installation  ARGV[6] by how much the node's clock is ahead of this one, ms; 0 if they agree
-- then for each append: body, channel
-- returns for each append a line: its sequence; !sequence if a key had to be repaired; -why if it was refused, which does not affect
-- other appends
--
-- In a cluster, one append while the slot moves between two servers, where head and once may be on the other one:
-- KEYS[1] stream  ARGV[4] apart  ARGV[7] body  ARGV[8] channel  ARGV[9] head's key  ARGV[10] what head held before
-- ARGV[11] once's key, or '' if there is no idempotency key  ARGV[12] what once holds, without its ?
-- returns { line, position, 1 if head is here and set else 0, what the announcement holds before the body; '' if it was made, or is
-- not due }
--
-- Once:  the sequence; or ?<stamp>-<sequence>: a node began to store the notification after this position while the slot moved, and may
--        have stored it.
-- Head:  in a cluster it is older than the newest entry if it was on another server and has not been set yet. That entry is in the log
--        all the same.
-- Entry: id <stamp>-<sequence>, fields p = stamp of the entry before (0 for the first), b = body, and where the stamp is not the time,
--        t = the time. Writers may append fields.
-- Announcement:  "<stamp>-<sequence> <p> <secret> <body>"; the body begins at the first quote. Writers may append fields before it.
--
-- Clocks: a stamp never runs backwards, so after a clock that was ahead, stamps stay in the future for long. Ages are counted from t then.
-- Nothing is kept for longer than its time because of a stamp or an expiry in the future: see expire, and once below.

local LARGEST = 4398046511103   -- of a sequence or a stamp, because of cursors; so .. prints both in full (14 digits)
local FIRST = 6                 -- ARGV before those of the appends
local AGREE = 60000             -- ms by which a stamp may differ from the time without a field t
local BATCH, WALK = 100, 10000  -- entries read in one call, and in one walk
local BEGUN = 63                -- the character ?

local call, try = redis.call, redis.pcall
local most, age, keyed, secret, ahead = ARGV[1], tonumber(ARGV[2]), ARGV[4], ARGV[5], tonumber(ARGV[6])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local truth = math.max(0, now + ahead)
local part = math.max(1, age / 1000)
-- Redis expires keys by its own clock: if that clock is corrected, no key may expire early.
local lifetime, longest = ARGV[3] + math.max(0, ahead), math.ceil(age + part) + math.max(0, ahead)

local function position(id)
  local stamp, sequence = string.match(id, '^(%d+)%-(%d+)$')
  stamp, sequence = tonumber(stamp), tonumber(sequence)
  if stamp and stamp <= LARGEST and sequence <= LARGEST then return stamp, sequence end
end

-- The stamp and sequence of an entry that can be ours.
local function ours(entry)
  local stamp, sequence = position(entry[1])
  local fields = entry[2]
  local previous = fields[1] == 'p' and fields[3] == 'b' and tonumber(fields[2])
  if stamp and previous and sequence > 0 and (previous == 0) == (sequence == 1) and string.sub(fields[4], 1, 6) == '"id":"' then return stamp, sequence end
end

-- Another program has written to these keys. The newest entry that can be ours gives the head, unless the head is newer. Entries above it
-- are removed.
local function mend(stream, stamp, sequence)
  local foreign = {}
  for _, entry in ipairs(call('XREVRANGE', stream, '+', '-', 'COUNT', 1000)) do
    local s, n = position(entry[1])
    if s and (s < stamp or s == stamp and n <= sequence) then break end
    if ours(entry) and n >= sequence then
      stamp, sequence = s, n
      break
    end
    foreign[#foreign + 1] = entry[1]
  end
  for _, id in ipairs(foreign) do call('XDEL', stream, id) end
  local left = call('EXISTS', stream) == 1 and call('XLEN', stream)
  if left then call('XSETID', stream, stamp .. '-' .. sequence, 'ENTRIESADDED', left, 'MAXDELETEDID', '0-0') end
  return stamp, sequence
end

-- The latest time at which an entry can have been stored; nil if its stamp is of a clock that was ahead. As in read.lua.
local function stored(entry)
  local stamp = tonumber(string.match(entry[1], '^%d+'))
  local t = entry[2][5] == 't' and tonumber(entry[2][6])
  if t and t <= now and (t > stamp or stamp > now) then return t end
  if stamp <= now then return stamp end
end

-- Removes entries older than the age. Ids show that, unless a clock was wrong.
local function expire(stream, stamp)
  local oldest = math.max(0, now - age)
  local least = string.format('%.0f-0', oldest)
  local near = call('XREVRANGE', stream, '(' .. least, '-', 'COUNT', 1)[1]
  if stamp > now or near and (stored(near) or 0) >= oldest then
    local from = '-'
    least = '0-0'
    for _ = 1, WALK, BATCH do
      local entries, young = call('XRANGE', stream, from, '+', 'COUNT', BATCH), false
      for _, entry in ipairs(entries) do
        local since = stored(entry)
        young = since and since >= oldest
        if young then break end
        local s, n = position(entry[1])
        if since and s then least = s .. '-' .. n + 1 end
      end
      if young or #entries < BATCH then break end
      from = '(' .. entries[#entries][1]
    end
  end
  call('XTRIM', stream, 'MINID', least)
end

local function unfit(key, why) return '-UNFIT ' .. key .. ' ' .. why end

local function add(stream, stamp, sequence, body)
  local new = math.min(math.max(now, stamp), LARGEST)
  if math.abs(new - truth) > AGREE then
    return try('XADD', stream, 'MAXLEN', most, new .. '-' .. sequence + 1, 'p', stamp .. '', 'b', body, 't', truth .. '')
  end
  return try('XADD', stream, 'MAXLEN', most, new .. '-' .. sequence + 1, 'p', stamp .. '', 'b', body)
end

-- The entry after a position that holds the same notification, if there is one.
local function find(stream, position, body)
  local id = string.match(body, '^"id":"[^"]*"')
  local from = '(' .. position
  while true do
    local entries = call('XRANGE', stream, from, '+', 'COUNT', BATCH)
    for _, entry in ipairs(entries) do
      if ours(entry) and string.sub(entry[2][4], 1, #id) == id then return entry[1] end
    end
    if #entries < BATCH then return end
    from = '(' .. entries[#entries][1]
  end
end

-- The newest entry that continues a head, or the head; nil if there is neither.
local function newest(stream, stamp, sequence)
  local entries = try('XREVRANGE', stream, '+', '(' .. (stamp or 0) .. '-' .. (sequence or 0), 'COUNT', BATCH)
  local s, n = stamp or 0, sequence or 0
  for i = #entries, 1, -1 do
    local next, number = ours(entries[i])
    if number ~= n + 1 or tonumber(entries[i][2][2]) ~= s then return stamp, sequence end
    s, n = next, number
  end
  if stamp or n > 0 then return s, n end
end

-- cluster: whether the newest entry may be newer than the head
-- apart: what the node has read of the keys that may be on the other server; nil if all keys are here
local function append(stream, head, once, body, channel, cluster, apart)
  local before, begun = once and try('GET', once), apart and apart.begun
  local done = type(before) == 'string' and string.byte(before) ~= BEGUN
  if done or before and type(before) ~= 'string' and not apart then
    -- A key that was taken while the clock was ahead would stay taken.
    if done and call('PTTL', once) > lifetime then call('PEXPIRE', once, lifetime) end
    return done and tonumber(before) or unfit(once, 'holds no sequence')
  end
  if not done and type(before) == 'string' then begun = string.sub(before, 2) end

  local mended = false   -- true if the head or the end of the stream was not ours
  local kept = try('GET', head)
  -- A key that is on neither server can only be created here: the server that the slot leaves creates no new keys.
  local here = not apart or type(kept) == 'string' or not kept and not apart.head
  if not here then kept = apart.head end
  local stamp, sequence
  if type(kept) == 'string' then stamp, sequence = position(kept) end
  if cluster and (stamp or not kept) then stamp, sequence = newest(stream, stamp, sequence) end

  local found = stamp and begun and find(stream, begun, body)
  if found then
    if here then call('SET', head, stamp .. '-' .. sequence) end
    local _, n = position(found)
    if type(before) == 'string' then call('SET', once, n, 'PX', lifetime) end
    return n, stamp .. '-' .. sequence, here
  end

  if not stamp then
    local kind = call('TYPE', stream).ok
    if kind ~= 'none' and kind ~= 'stream' then return unfit(stream, 'is no stream') end
    if kept or kind == 'stream' then
      if here then call('DEL', head) end
      mended = true
      stamp, sequence = mend(stream, 0, 0)
    else
      stamp, sequence = 0, 0
    end
  end

  local added = add(stream, stamp, sequence, body)
  if type(added) == 'table' then
    if string.find(added.err, '^WRONGTYPE') then return unfit(stream, 'is no stream') end
    if string.find(added.err, '^OOM') then return '-' .. added.err end
    mended = true
    stamp, sequence = mend(stream, stamp, sequence)
    added = add(stream, stamp, sequence, body)
    if type(added) == 'table' then return '-' .. added.err end
  end

  if here then call('SET', head, added) end
  -- Readers never see expired entries (read.lua), so they need not be removed at once. The first append of each thousandth of the age
  -- removes them. It also lets the stream live for as long as an append at the end of that thousandth needs it.
  local due = mended or math.floor(now / part) ~= math.floor(stamp / part)
  if due and not mended and stamp > now then
    local left = call('PTTL', stream)
    due = left <= age or left > longest
  end
  if due then
    expire(stream, stamp)
    call('PEXPIRE', stream, longest)
  end
  if once and (not apart or type(before) == 'string') then call('SET', once, sequence + 1, 'PX', lifetime) end
  local front = added .. ' ' .. stamp .. ' ' .. secret .. ' '
  -- Announce only after the head is set: a reader with an earlier announcement would be ahead of the head when it reads.
  if here then call('PUBLISH', channel, front .. body) end
  return mended and '!' .. sequence + 1 or sequence + 1, added, here, not here and front
end

local function refusal(why) return '-' .. string.gsub(type(why) == 'table' and why.err or tostring(why), '%s+', ' ') end

if keyed == 'apart' then
  local once = ARGV[11] ~= '' and ARGV[11]
  local apart = { head = ARGV[10] ~= '' and ARGV[10], begun = once and ARGV[12] }
  local done, line, added, here, front = pcall(append, KEYS[1], ARGV[9], once, ARGV[7], ARGV[8], true, apart)
  return { done and line .. '' or refusal(line), added or '', here and 1 or 0, front or '' }
end

local lines = {}
local key = 1
for at = FIRST + 1, #ARGV, 2 do
  local one = #lines + 1
  local flags = (string.byte(keyed, one) or 48) - 48
  local once = flags % 2 == 1 and KEYS[key + 2]
  local done, line = pcall(append, KEYS[key], KEYS[key + 1], once, ARGV[at], ARGV[at + 1], flags > 1)
  lines[one] = done and line or refusal(line)
  key = key + (once and 3 or 2)
end
return table.concat(lines, '\n')
