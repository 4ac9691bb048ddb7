using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Compare.Load;

namespace Realtime.Compare.Server;

/// <summary>The measured server: one of our own, or one that is already running, whose one token names both publisher and reader.</summary>
internal sealed class Target : IDisposable
{
    private readonly IDeployment? _own;
    private readonly Func<int, int, string> _reader;
    private readonly Func<int, int, int, Audience> _one;
    private readonly IReadOnlyList<ProcessCpu> _cpus;

    private Target(Uri address, string publisher, IDeployment? own, Func<int, int, string> reader, Func<int, int, int, Audience> one)
    {
        (Address, _own, _reader, _one) = (address, own, reader, one);
        _cpus = [.. own?.Processes.Select(process => new ProcessCpu(process)) ?? []];
        Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30)
        };
        Http.DefaultRequestHeaders.Authorization = new("Bearer", publisher);
    }

    public Uri Address { get; }

    /// <summary>An address that keeps each reader at one node; null if there is only one node, or the server is not ours.</summary>
    public Uri? WithAffinity => _own?.WithAffinity;

    /// <summary>CPU time of all processes of the server; null if it is not ours.</summary>
    public TimeSpan? Cpu => IsOurs ? _cpus.Aggregate(TimeSpan.Zero, (sum, cpu) => sum + cpu.Total()) : null;

    /// <summary>Memory of all processes of the server; null if it is not ours.</summary>
    public long? Bytes => _own?.Processes.Sum(Machines.BytesOf);

    /// <summary>The publisher's client. It does not use the wire, so that only reading is counted.</summary>
    public HttpClient Http { get; }

    /// <summary>Whether the server is ours, so that we may publish to groups and everyone.</summary>
    public bool IsOurs => _own is not null;

    public static Target Of(IDeployment own) => new(
        own.Address, own.Tokens.Publisher(), own,
        (run, reader) => own.Tokens.Reader(User(run, reader), Group(run)),
        (run, reader, _) => new($$"""{"users":["{{User(run, reader)}}"]}""", [reader]));

    /// <param name="token">All notifications go to its user, and every reader gets all of them.</param>
    /// <exception cref="InvalidOperationException">The token does not name its user.</exception>
    public static Target Of(Uri address, string token)
    {
        var to = $$"""{"users":[{{JsonSerializer.Serialize(AccessTokens.UserOf(token))}}]}""";
        return new(address, token, null, (_, _) => token, (_, _, readers) => new(to, [.. Enumerable.Range(0, readers)]));
    }

    public void Dispose() => Http.Dispose();

    public string ReaderToken(int run, int reader) => _reader(run, reader);

    /// <summary>The audience of the n-th notification of a run if each goes to one reader, in turn.</summary>
    public Audience One(int run, int n, int readers) => _one(run, n % readers, readers);

    /// <summary>All readers, alternately as a group and as everyone.</summary>
    public static Audience All(int run, int n, int readers) =>
        new(n % 2 == 0 ? $$"""{"groups":["{{Group(run)}}"]}""" : """{"everyone":true}""", [.. Enumerable.Range(0, readers)]);

    /// <summary>How many requests the nodes have forwarded to each other so far, by their own count. Only for our own nodes.</summary>
    public async Task<long> ForwardedAsync(CancellationToken cancel)
    {
        var sum = 0L;
        foreach (var node in _own!.Nodes)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, new Uri(node, "/api/admin/stats"))
            { Headers = { Authorization = new("Bearer", _own.Tokens.Admin()) } };
            using var answer = await Http.SendAsync(request, cancel);
            answer.EnsureSuccessStatusCode();
            sum += (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("nodes")[0].GetProperty("forwarded")
                .GetInt64();
        }
        return sum;
    }

    private static string User(int run, int reader) => $"reader-{run}-{reader}";

    private static string Group(int run) => $"run-{run}";
}
