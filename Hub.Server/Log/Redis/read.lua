-- read.lua — what follows a position in a topic, and whether something is missing in between, as one consistent view.
-- KEYS[1] stream  KEYS[2] head
-- ARGV[1] the reader's stamp, or '' to begin with the oldest  ARGV[2] its sequence
-- ARGV[3] most entries to return  ARGV[4] bytes of bodies after which none is added  ARGV[5] longest to keep entries, ms
-- returns { head, start, gap ('' | 'expired' | 'reset'), id, p, body, id, p, body, … }; positions are <stamp>-<sequence>
--
-- The rules are those of the embedded store (Log/Sqlite/TopicReader.cs). An entry's stamp and sequence both grow along the stream.

local CLOCK_DOUBT = 60000   -- ms by which the clock of a store that rewound may have been behind
local LOOK_AHEAD = 16       -- entries among which the reader's next one is looked for, should there be foreign ones
local BATCH = 64

-- An entry that can be ours, or nil.
local function ours(entry)
  local stamp, sequence = string.match(entry[1], '^(%d+)%-(%d+)$')
  stamp, sequence = tonumber(stamp), tonumber(sequence)
  local fields = entry[2]
  local previous = fields[1] == 'p' and fields[3] == 'b' and tonumber(fields[2])
  if previous and sequence > 0 and (previous == 0) == (sequence == 1) and string.sub(fields[4], 1, 6) == '"id":"' then
    return { id = entry[1], stamp = stamp, sequence = sequence, previous = previous }
  end
end

local function continues(one, wanted) return not wanted or one.sequence == wanted.sequence + 1 and one.previous == wanted.stamp end

-- The first entry that is ours; if the one that continues the wanted position is close behind it, that one.
local function first(from, wanted)
  local found
  for _, most in ipairs({ 1, LOOK_AHEAD }) do
    for _, entry in ipairs(redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', most)) do
      local one = ours(entry)
      if one and continues(one, wanted) then return one end
      found = found or one
    end
  end
  return found
end

local function last(to, from)
  for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], to, from, 'COUNT', LOOK_AHEAD)) do
    local one = ours(entry)
    if one then return one end
  end
end

local function text(stamp, sequence) return string.format('%.0f-%.0f', stamp, sequence) end

local time = redis.call('TIME')
local oldest = math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[5])
local floor = string.format('%.0f', oldest)

local head = { stamp = 0, sequence = 0 }
local kept = redis.pcall('GET', KEYS[2])
local stamp, sequence
if type(kept) == 'string' then stamp, sequence = string.match(kept, '^(%d+)%-(%d+)$') end
if stamp then head = { stamp = tonumber(stamp), sequence = tonumber(sequence) }
else head = last('+', '-') or head end

local start, gap, next
if ARGV[1] == '' then
  next = first(floor)
else
  local own = { stamp = tonumber(ARGV[1]), sequence = tonumber(ARGV[2]) }
  if own.stamp == head.stamp and own.sequence == head.sequence then return { text(head.stamp, head.sequence), text(own.stamp, own.sequence), '' } end

  if own.sequence >= head.sequence then
    gap = 'reset'
  else
    next = first(own.stamp < oldest and floor or '(' .. text(own.stamp, own.sequence), own)
    if next and next.sequence == own.sequence + 1 then
      gap = next.previous ~= own.stamp and 'reset' or nil
    else
      -- The reader's own entry, or none: retention took what lies between. Another one at its place: the log was rewound.
      local before = own.stamp >= oldest and last(text(own.stamp, own.sequence), floor)
      local same = not before or (before.stamp == own.stamp and before.sequence == own.sequence)
      local later = next and next.sequence > own.sequence or not next and head.stamp >= own.stamp
      gap = same and later and 'expired' or 'reset'
    end
  end

  if not gap then start = text(own.stamp, own.sequence) end
  if gap == 'reset' then next = first(string.format('%.0f', math.max(oldest, own.stamp - CLOCK_DOUBT + 1))) end
end

if next and next.sequence > head.sequence then next = nil end
start = start or (next and text(next.previous, next.sequence - 1)) or text(head.stamp, head.sequence)

local answer = { text(head.stamp, head.sequence), start, gap or '' }
local count, bytes, from = tonumber(ARGV[3]), math.max(1, tonumber(ARGV[4])), next and next.id
while from and count > 0 and bytes > 0 do
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', math.min(count, BATCH))
  for _, entry in ipairs(entries) do
    answer[#answer + 1] = entry[1]
    answer[#answer + 1] = entry[2][1] == 'p' and entry[2][2] or ''
    answer[#answer + 1] = entry[2][3] == 'b' and entry[2][4] or ''
    count, bytes = count - 1, bytes - string.len(answer[#answer])
    if count <= 0 or bytes <= 0 then break end
  end
  from = #entries == BATCH and '(' .. entries[#entries][1] or nil
end
return answer
