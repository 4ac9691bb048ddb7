-- acknowledge.lua — moves a user's acknowledged positions, all or nothing.
-- KEYS[1] hash topic → stamp-sequence
-- ARGV for each topic: topic, new position, the position that was kept when the log was asked ('' if none), 1 if the log has lost
-- that one else 0
-- returns 1; 0 if another caller has moved a position since, so that the log must be asked again: then nothing has moved

local function sequence(position) return tonumber(string.match(position, '^%d+%-(%d+)$')) end

local moves = {}
for i = 1, #ARGV, 4 do
  local topic, new, asked, lost = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] == '1'
  local kept = redis.call('HGET', KEYS[1], topic)
  local at = kept and sequence(kept)
  if not at or sequence(new) > at or (kept == asked and lost) then
    moves[#moves + 1] = topic
    moves[#moves + 1] = new
  elseif kept ~= asked and kept ~= new then
    return 0
  end
end
if #moves > 0 then redis.call('HSET', KEYS[1], unpack(moves)) end
return 1
