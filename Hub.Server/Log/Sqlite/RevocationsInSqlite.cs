using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Security.Revocations;

namespace Realtime.Server.Log.Sqlite;

/// <summary>One node: revocations are in the embedded store. No other process changes them, so they are read once.</summary>
internal sealed class RevocationsInSqlite(SqliteLog log, TimeProvider time) : IRevocationStore
{
    private const long OnlyVersion = 1;

    public Task PutAsync(string user, Revocation? revocation, IReadOnlyList<string> forget) =>
        TryAsync(log.WriteAsync(new RevocationWrite(user, revocation?.Format(), forget, time.GetTimestamp())));

    public async Task<RevocationSet?> ReadAsync(long? known)
    {
        if (known is not null) return null;
        var byUser = new Dictionary<string, Revocation>(StringComparer.Ordinal);
        foreach (var (user, text) in await TryAsync(log.WriteAsync(new RevocationRead(time.GetTimestamp()))))
        {
            if (Revocation.TryParse(text, out var revocation)) byUser[user] = revocation;
        }
        return new(OnlyVersion, byUser);
    }

    public Task ListenAsync(Action changed) => Task.CompletedTask;

    private static async Task<T> TryAsync<T>(Task<T> write)
    {
        try
        {
            return await write;
        }
        catch (LogUnavailableException away)
        {
            throw new RevocationsUnavailableException(away.Message, away);
        }
    }
}
