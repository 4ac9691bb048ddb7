using System.Diagnostics;
using Realtime.Compare.Load;

namespace Realtime.Compare.Server;

/// <summary>The server that is measured: our own, or one that is there already, whose one token says who publishes and who reads.</summary>
internal sealed class Target : IDisposable
{
    private readonly Func<int, int, string> _reader;
    private readonly Func<int, int, int, Audience> _one;

    private Target(Uri address, string publisher, Process? process, Func<int, int, string> reader, Func<int, int, int, Audience> one)
    {
        (Address, Process, _reader, _one) = (address, process, reader, one);
        Cpu = process is null ? null : new(process);
        Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        Http.DefaultRequestHeaders.Authorization = new("Bearer", publisher);
    }

    public Uri Address { get; }

    /// <summary>Null where the server is not ours: its CPU and memory are not known then.</summary>
    public Process? Process { get; }

    public ProcessCpu? Cpu { get; }

    /// <summary>The publisher's client. It goes past the wire, so that only reading is counted.</summary>
    public HttpClient Http { get; }

    /// <summary>Groups and everyone are ours to publish to.</summary>
    public bool IsOurs => Process is not null;

    public static Target Of(OwnServer server) => new(
        server.Address, server.Tokens.Publisher(), server.Process,
        (run, reader) => server.Tokens.Reader(User(run, reader), Group(run)),
        (run, reader, _) => new($$"""{"users":["{{User(run, reader)}}"]}""", [reader]));

    /// <param name="user">The token's <c>sub</c>: everything is sent to this user, and every reader gets all of it.</param>
    public static Target Of(Uri address, string token, string user)
    {
        var to = $$"""{"users":[{{System.Text.Json.JsonSerializer.Serialize(user)}}]}""";
        return new(address, token, null, (_, _) => token, (_, _, readers) => new(to, [.. Enumerable.Range(0, readers)]));
    }

    public void Dispose() => Http.Dispose();

    public string ReaderToken(int run, int reader) => _reader(run, reader);

    /// <summary>Whom the n-th notification of a run is for when each has one reader, in turn.</summary>
    public Audience One(int run, int n, int readers) => _one(run, n % readers, readers);

    /// <summary>Everybody, as a group and as everyone in turn.</summary>
    public static Audience All(int run, int n, int readers) =>
        new(n % 2 == 0 ? $$"""{"groups":["{{Group(run)}}"]}""" : """{"everyone":true}""", [.. Enumerable.Range(0, readers)]);

    private static string User(int run, int reader) => $"reader-{run}-{reader}";

    private static string Group(int run) => $"run-{run}";
}
