-- revoke.lua — puts or removes one user's revocation, removes others, and counts the change.
-- KEYS[1] revocations  KEYS[2] their version
-- ARGV[1] user  ARGV[2] the revocation, or empty to remove it  ARGV[3…] users whose revocations are removed
for i = 3, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return redis.call('INCR', KEYS[2])
