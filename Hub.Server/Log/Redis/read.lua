-- read.lua — the entries after a position in a topic, and whether something is missing in between, as one consistent view.
-- KEYS[1] stream  KEYS[2] head; left out while the slot moves between two servers of a cluster, where head may be on the other one
-- ARGV[1] the reader's stamp, or '' to begin with the oldest  ARGV[2] its sequence
-- ARGV[3] most entries to return  ARGV[4] bytes of bodies after which none is added  ARGV[5] longest to keep entries, ms
-- ARGV[6] most entries to keep  ARGV[7] without KEYS[2]: what head held before
-- returns { head, start, gap ('' | 'expired' | 'reset'), 1 if something foreign was met else 0, id, p, body, id, p, body, … };
-- positions are <stamp>-<sequence>
--
-- When there is a gap, of which kind, and where the reader continues: the rules are those of ../GapRules.cs, for streams that may be damaged.
-- The log is the chain of entries that p links, from the head downwards; a stream may hold anything else. If the entries of a page continue
-- one another, and the stream holds no more entries than the log has numbers, nothing else is read. Otherwise the chain is followed down
-- from the head, and entries between its links are removed. A place where the chain breaks is a seam: a reader gets one reset there and
-- goes on after it, never before it.

local LARGEST = 4398046511103   -- of a sequence or a stamp, because of cursors
local CLOCK_DOUBT = 60000       -- GapRules.ClockDoubt, ms
local LOOK_AHEAD = 64           -- entries among which the next one is searched below a seam
local WALK = 10000              -- entries that one read looks at to follow the chain
local BATCH = 64
local FIRST_BATCH = 4           -- entries that show the size of a body, before more are read at once

local call = redis.call
local stream = KEYS[1]

local function text(stamp, sequence) return string.format('%.0f-%.0f', stamp, sequence) end

local head
local seam   -- the last entry that the head's chain reaches; entries below it have lower numbers

-- An entry that can be ours, or nil.
local function ours(entry)
  local stamp, sequence = string.match(entry[1], '^(%d+)%-(%d+)$')
  stamp, sequence = tonumber(stamp), tonumber(sequence)
  local fields = entry[2]
  local previous = fields[1] == 'p' and fields[3] == 'b' and tonumber(fields[2])
  if previous and previous >= 0 and previous <= stamp and previous % 1 == 0 and stamp <= LARGEST and sequence > 0 and sequence <= LARGEST
    and (previous == 0) == (sequence == 1) and string.sub(fields[4], 1, 6) == '"id":"' then
    if head and sequence > head.sequence then return end
    if seam and stamp <= seam.stamp and sequence >= seam.sequence and entry[1] ~= seam.id then return end
    return { id = entry[1], stamp = stamp, sequence = sequence, previous = previous, body = fields[4], t = fields[5] == 't' and tonumber(fields[6]) }
  end
end

local function continues(one, wanted) return one.sequence == wanted.sequence + 1 and one.previous == wanted.stamp end

local function is(one, other) return one.stamp == other.stamp and one.sequence == other.sequence end

local function before(one) return { stamp = one.previous, sequence = one.sequence - 1 } end

local function below(one, other) return one.stamp < other.stamp or one.stamp == other.stamp and one.sequence < other.sequence end

local function id(one) return text(one.stamp, one.sequence) end

local function at(place)
  local entry = call('XRANGE', stream, id(place), id(place))[1]
  return entry and ours(entry)
end

-- The first entry that can be ours, in one direction (XRANGE or XREVRANGE).
local function first(command, from, to)
  for _ = 1, WALK, BATCH do
    local entries = call(command, stream, from, to, 'COUNT', BATCH)
    for _, entry in ipairs(entries) do
      local one = ours(entry)
      if one then return one end
    end
    if #entries < BATCH then return end
    from = '(' .. entries[#entries][1]
  end
end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local oldest = math.max(0, now - ARGV[5])

local kept = KEYS[2] and redis.pcall('GET', KEYS[2]) or ARGV[7]
if type(kept) == 'string' then
  local stamp, sequence = string.match(kept, '^(%d+)%-(%d+)$')
  stamp, sequence = tonumber(stamp), tonumber(sequence)
  if stamp and stamp <= LARGEST and sequence <= LARGEST and (stamp == 0) == (sequence == 0) then head = { stamp = stamp, sequence = sequence } end
end
-- If it was set by a clock that was ahead, the stream's expiry would keep the stream for years.
if head and head.stamp > now and call('PTTL', stream) > 2 * ARGV[5] then redis.pcall('PEXPIRE', stream, ARGV[5]) end
local sure = head   -- a head that was found again may change with the next append
head = head or first('XREVRANGE', '+', '-') or { stamp = 0, sequence = 0 }
local top = id(head)   -- entries above it are not in the log

-- The latest time at which an entry can have been stored, as far as known; nil if its stamp is of a clock that was ahead.
local function stored(one)
  if one.t and one.t <= now and (one.t > one.stamp or one.stamp > now) then return one.t end
  if one.stamp <= now then return one.stamp end
end

-- The position from which on entries are young enough. Ids show that, unless a clock was wrong: then entries carry another time.
local border
local function floor()
  if border then return border end
  border = { stamp = oldest, sequence = 0 }
  local from = id(border)
  for round = 1, WALK, BATCH do   -- a clock that was behind: old ids, young entries
    local young = false
    for _, entry in ipairs(call('XREVRANGE', stream, '(' .. from, '-', 'COUNT', round == 1 and 1 or BATCH)) do
      local one = ours(entry)
      young = one and (stored(one) or 0) >= oldest
      if not young then break end
      border, from = one, one.id
    end
    if not young then break end
  end
  if head.stamp <= now then return border end
  from = id(border)
  for _ = 1, WALK, BATCH do       -- a clock that was ahead: ids of years to come, old entries
    local entries = call('XRANGE', stream, from, top, 'COUNT', BATCH)
    for _, entry in ipairs(entries) do
      local one = ours(entry)
      local since = one and stored(one)
      if since and since >= oldest then return border end
      if since then border = { stamp = one.stamp, sequence = one.sequence + 1 } end
    end
    if #entries < BATCH then break end
    from = '(' .. entries[#entries][1]
  end
  return border
end

-- Whether a position is so old that retention may have removed its entry.
local function old(one) return not (one.stamp >= oldest and head.stamp <= now) and below(one, floor()) end

local most, room = tonumber(ARGV[3]), math.max(1, tonumber(ARGV[4]))
local foreign = 0

local function answer(found, start, gap)
  start = start or found[1] and before(found[1]) or head
  local result = { top, id(start), gap or '', foreign }
  for i = 1, math.min(#found, most) do
    result[#result + 1] = found[i].id
    result[#result + 1] = string.format('%.0f', found[i].previous)
    result[#result + 1] = found[i].body
  end
  return result
end

-- The entries of the stream from an id on, as long as each continues the one before; the first continues a position if one is wanted. Also
-- returns the entry that did not continue, or false if that entry cannot be ours; nil if the page is full, or there are no more.
local function run(from, wanted)
  local found, count, bytes = {}, math.max(1, most), room
  local batch = math.min(count, FIRST_BATCH)
  while true do
    local entries = call('XRANGE', stream, from, top, 'COUNT', batch)
    for _, entry in ipairs(entries) do
      local one = ours(entry)
      if not one or wanted and not continues(one, wanted) then return found, one or false end
      found[#found + 1], wanted = one, one
      count, bytes = count - 1, bytes - string.len(one.body)
      if count == 0 or bytes <= 0 then return found end
    end
    if #entries < batch then return found end
    from = '(' .. entries[#entries][1]
    batch = math.min(count, BATCH, math.max(1, math.ceil(bytes * #found / (room - bytes))))
  end
end

-- Whether the stream holds more entries than the log has numbers.
local crowded
local function surplus()
  if crowded ~= nil then return crowded end
  local entry = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local one = entry and ours(entry)
  local more = entry and call('XLEN', stream) - (one and head.sequence - one.sequence + 1 or 0) or 0
  if more > 0 then more = more - #call('XREVRANGE', stream, '+', '(' .. top, 'COUNT', math.min(more, WALK)) end
  crowded = more > 0
  return crowded
end

-- Whether a run is the log's: it ends at the head, or at a hole or the page's end in a stream that has no room for anything else.
local function sound(found, odd)
  local newest = found[#found]
  return newest and (is(newest, head) or newest.sequence < head.sequence and (odd == nil or odd and odd.sequence > newest.sequence + 1) and not surplus())
end

-- The gap before the oldest entry that is left, if a position and the entries right after it are gone.
local function missing(own, next)
  if next and next.sequence <= own.sequence + 1 or not next and head.stamp < own.stamp then return 'reset' end
  -- The newest missing entry. Retention removes it for its age, or to keep no more than the maximum count.
  local stamp = next and next.previous or head.stamp
  local lost = stamp >= oldest and stamp <= now and call('XLEN', stream) < tonumber(ARGV[6])
  if lost or not old(own) and first('XREVRANGE', id(own), id(floor())) then return 'reset' end
  return 'expired'
end

-- The log from the head down to a position, newest first, as far as its chain goes, and the position right before that. Also returns
-- whether there is a lower entry that the chain does not reach.
local function walk(down)
  local log, wanted, from = {}, head, top
  local between, strangers, cut = {}, {}, true
  for _ = 1, WALK, BATCH do
    local entries = call('XREVRANGE', stream, from, id(down), 'COUNT', BATCH)
    for _, entry in ipairs(entries) do
      local one = ours(entry)
      if one and is(one, wanted) then
        log[#log + 1], wanted = one, before(one)
        for _, stranger in ipairs(between) do strangers[#strangers + 1] = stranger end
        between = {}
      elseif one and below(one, wanted) then
        return log, wanted, true, strangers
      else
        between[#between + 1] = entry[1]
      end
    end
    cut = #entries == BATCH
    if not cut then break end
    from = '(' .. entries[#entries][1]
  end
  return log, wanted, cut, strangers
end

-- The entries after the i-th entry of a walk.
local function after(log, i)
  local found, bytes = {}, room
  for k = i - 1, 1, -1 do
    if #found > 0 and (#found >= most or bytes <= 0) then break end
    found[#found + 1] = log[k]
    bytes = bytes - string.len(log[k].body)
  end
  return found
end

-- Where a reader that is not in the log continues in a walk: where its own entries branched off; or, if they are gone, a little before its
-- stamp.
local function rejoin(own, log, places, lowest)
  local one = at(own)
  for _ = 1, one and WALK or 0 do
    local back = before(one)
    if places[id(back)] then return places[id(back)] end
    if is(back, lowest) then return #log + 1 end
    one = at(back)
    if not one then break end
  end
  for i, entry in ipairs(log) do
    if entry.stamp <= own.stamp - CLOCK_DOUBT then return i end
  end
  return #log + 1
end

-- The same query, answered from the head.
local function exact(own)
  local down = floor()
  if own and not old(own) then down = { stamp = math.max(down.stamp, own.stamp - CLOCK_DOUBT), sequence = 0 } end
  local log, lowest, cut, strangers = walk(down)
  if cut or #strangers > 0 then foreign = 1 end
  if cut then seam = log[#log] or head end
  for i = 1, sure and #strangers or 0 do redis.pcall('XDEL', stream, strangers[i]) end

  if not own then
    local oldest = cut and first('XRANGE', id(floor()), top)
    return answer(oldest and run(oldest.id) or after(log, #log + 1))
  end
  local places = {}
  for i, entry in ipairs(log) do places[entry.id] = i end
  local place = places[id(own)] or is(own, lowest) and #log + 1
  if place then return answer(after(log, place), own) end

  if own.sequence < head.sequence and below(own, lowest) then
    if not cut then return answer(after(log, #log + 1), nil, missing(own, log[#log])) end
    -- Below a seam: continue at the entry that continues the position, else at the next that can be ours.
    local from = old(own) and id(floor()) or '(' .. id(own)
    for _, entry in ipairs(call('XRANGE', stream, from, top, 'COUNT', LOOK_AHEAD)) do
      local one = ours(entry)
      if one and continues(one, own) then return answer(run(one.id), own) end
    end
    local next = first('XRANGE', from, top)
    return answer(next and run(next.id) or {}, nil, old(own) and missing(own, next) or 'reset')
  end
  return answer(after(log, rejoin(own, log, places, lowest)), nil, 'reset')
end

if ARGV[1] == '' then
  local found, odd = run(id(floor()))
  if sound(found, odd) or #found == 0 and odd == nil then return answer(found) end
  return exact()
end

local own = { stamp = tonumber(ARGV[1]), sequence = tonumber(ARGV[2]) }
if is(own, head) then return answer({}, own) end

local gap = 'reset'
if own.sequence < head.sequence then
  local found, odd = run(old(own) and id(floor()) or '(' .. id(own), own)
  if sound(found, odd) then return answer(found, own) end
  if #found > 0 or odd == false or odd and surplus() or not old(own) and at(own) then return exact(own) end
  gap = missing(own, odd)
end
local from = floor()
if gap == 'reset' and from.stamp < own.stamp - CLOCK_DOUBT + 1 then from = { stamp = own.stamp - CLOCK_DOUBT + 1, sequence = 0 } end
local found, odd = run(id(from))
if sound(found, odd) or #found == 0 and odd == nil then return answer(found, nil, gap) end
return exact(own)
