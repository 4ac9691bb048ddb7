using System.Buffers.Text;
using System.Security.Cryptography;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// On each new connection, two nodes first prove to each other that they have the nodes' key. The called node also proves that it is the
/// intended one: another process may get a node's address when the node is gone.
/// </summary>
/// <remarks>
/// <c>GET /nodes/proof</c> carries the id of the intended node, a nonce and a signature of both. The node answers <c>204</c> with its own
/// id and a signature of that id, the requested id and the nonce. A caller without the key gets a 404. Because it is an HTTP request, it
/// passes TLS and any proxy that an operator has put between two nodes.
/// </remarks>
internal static class NodeProof
{
    public const string Path = "/nodes/proof";

    /// <summary>In the request the id of the intended node, in the response the id of the node that answers.</summary>
    public const string Node = "X-Hub-Node";

    public const string Nonce = "X-Hub-Nonce";

    public const string Proof = "X-Hub-Proof";

    private const int NonceBytes = 24;

    public static string NewNonce() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NonceBytes));

    /// <summary>The caller's signature.</summary>
    /// <param name="meant">The id of the intended node.</param>
    public static string OfCaller(byte[] key, string meant, string nonce) => Signature.Of(key, CallerText(meant, nonce));

    public static bool IsCallers(string proof, byte[] key, string meant, string nonce) =>
        Signature.IsRight(proof, key, CallerText(meant, nonce));

    /// <summary>The signature of the node that answers.</summary>
    /// <param name="node">Its own id.</param>
    public static string OfNode(byte[] key, string node, string meant, string nonce) => Signature.Of(key, NodeText(node, meant, nonce));

    public static bool IsNodes(string proof, byte[] key, string node, string meant, string nonce) =>
        Signature.IsRight(proof, key, NodeText(node, meant, nonce));

    private static string CallerText(string meant, string nonce) => $"call {meant} {nonce}";

    private static string NodeText(string node, string meant, string nonce) => $"answer {node} {meant} {nonce}";
}
