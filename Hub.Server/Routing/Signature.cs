using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Server.Routing;

/// <summary>Proof that a text was written by somebody who has the nodes' key: HMAC-SHA256, as base64url.</summary>
internal static class Signature
{
    public static string Of(byte[] key, string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    /// <summary>Whether somebody's signature is the right one, in a time that tells nothing.</summary>
    public static bool IsRight(string signature, byte[] key, string text) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Of(key, text)));
}
