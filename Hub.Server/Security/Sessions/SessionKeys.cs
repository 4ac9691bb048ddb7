using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Realtime.Server.Security.Sessions;

/// <summary>
/// One read of the session cookies' keys, in a Data Protection of our own: that of the process is neither used nor changed.
/// </summary>
/// <remarks>
/// The library reads its keys synchronously, on the thread of a request, and may make one there. So here it gets them from memory, and
/// the instance that requests use makes no keys.
/// </remarks>
internal sealed class SessionKeys
{
    private const string Application = "Realtime.Hub";
    private const string Purpose = "session cookie";

    // The library writes this before each text: 4 bytes that never change, then the key's id.
    private const int IdAt = 4;
    private const int IdBytes = 16;

    private static readonly byte[] Start = [0x09, 0xf0, 0xc9, 0xf0];

    private readonly HashSet<Guid> _ids;
    private readonly IDataProtector _protector;

    /// <param name="elements">The whole ring, including a usable key.</param>
    /// <param name="readAt">A timestamp.</param>
    public SessionKeys(IReadOnlyCollection<XElement> elements, long readAt)
    {
        var library = Library(new Elements(elements), makesKeys: false);
        ReadAt = readAt;
        _ids = [.. library.GetRequiredService<IKeyManager>().GetAllKeys().Select(key => key.KeyId)];
        _protector = library.GetDataProtector(Purpose);
        // Read the keys now, and not on the thread of the first request.
        _protector.Protect([]);
    }

    public long ReadAt { get; }

    /// <summary>The key that the library would make now: the first one, or the successor of one that soon expires. Null if none.</summary>
    public static NewSessionKey? Missing(IReadOnlyCollection<XElement> elements)
    {
        var ring = new Elements(elements);
        Library(ring, makesKeys: true).GetDataProtector(Purpose).Protect([]);
        return ring.Made;
    }

    /// <summary>The id of the key that encrypted a cookie; null if the cookie is not ours.</summary>
    public static Guid? IdIn(ReadOnlySpan<byte> cookie) =>
        cookie.Length > IdAt + IdBytes && cookie.StartsWith(Start) ? new Guid(cookie.Slice(IdAt, IdBytes)) : null;

    public bool Contain(Guid id) => _ids.Contains(id);

    public byte[] Encrypt(byte[] text) => _protector.Protect(text);

    /// <exception cref="System.Security.Cryptography.CryptographicException">The cookie is not genuine.</exception>
    public byte[] Decrypt(byte[] cookie) => _protector.Unprotect(cookie);

    // Without logging: the library would warn that it does not encrypt the keys themselves. Not disposed: it makes ciphers from its keys
    // when they are first used.
    private static ServiceProvider Library(IXmlRepository ring, bool makesKeys)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName(Application).AddKeyManagementOptions(keys =>
        {
            keys.XmlRepository = ring;
            keys.AutoGenerateKeys = makesKeys;
        });
        return services.BuildServiceProvider();
    }

    private sealed class Elements(IReadOnlyCollection<XElement> read) : IXmlRepository
    {
        public NewSessionKey? Made { get; private set; }

        public IReadOnlyCollection<XElement> GetAllElements() => Made is null ? read : [.. read, Made.Element];

        public void StoreElement(XElement element, string friendlyName) => Made = new(element, friendlyName);
    }
}

/// <summary>A key that the library made and that is not stored yet.</summary>
internal sealed record NewSessionKey(XElement Element, string Name)
{
    public string ExpiresAt => Element.Element("expirationDate")!.Value;
}
