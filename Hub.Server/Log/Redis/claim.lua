-- claim.lua — claims idempotency keys: the first claim of a key stands.
-- KEYS the keys  ARGV[1] how long a claim is kept, ms  ARGV[i + 1] the record to store under KEYS[i]
-- returns for each key: nothing if this claim stands; else the record that stands; or { why } if the key was refused, which does not
-- affect other keys

local answers = {}
for i, key in ipairs(KEYS) do
  local kept = redis.pcall('SET', key, ARGV[i + 1], 'PX', ARGV[1], 'NX', 'GET')
  -- A key that was claimed while the clock was ahead would stay claimed.
  if type(kept) == 'string' and redis.call('PTTL', key) > tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
  answers[i] = type(kept) == 'table' and { kept.err } or kept
end
return answers
