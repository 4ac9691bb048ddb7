using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Compare.Load;

namespace Realtime.Compare.Server;

/// <summary>What is measured: servers of our own, or one that is there already, whose one token says who publishes and who reads.</summary>
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

    /// <summary>An address behind which each reader stays at one node; null where there is only one node, or it is not ours.</summary>
    public Uri? WithAffinity => _own?.WithAffinity;

    /// <summary>CPU time of all processes of the server; null where it is not ours.</summary>
    public TimeSpan? Cpu => IsOurs ? _cpus.Aggregate(TimeSpan.Zero, (sum, cpu) => sum + cpu.Total()) : null;

    /// <summary>Memory of all processes of the server; null where it is not ours.</summary>
    public long? Bytes => _own?.Processes.Sum(Machines.BytesOf);

    /// <summary>The publisher's client. It goes past the wire, so that only reading is counted.</summary>
    public HttpClient Http { get; }

    /// <summary>Groups and everyone are ours to publish to.</summary>
    public bool IsOurs => _own is not null;

    public static Target Of(IDeployment own) => new(
        own.Address, own.Tokens.Publisher(), own,
        (run, reader) => own.Tokens.Reader(User(run, reader), Group(run)),
        (run, reader, _) => new($$"""{"users":["{{User(run, reader)}}"]}""", [reader]));

    /// <param name="token">Everything is sent to its user, and every reader gets all of it.</param>
    /// <exception cref="InvalidOperationException">It says nothing about its user.</exception>
    public static Target Of(Uri address, string token)
    {
        var to = $$"""{"users":[{{JsonSerializer.Serialize(AccessTokens.UserOf(token))}}]}""";
        return new(address, token, null, (_, _) => token, (_, _, readers) => new(to, [.. Enumerable.Range(0, readers)]));
    }

    public void Dispose() => Http.Dispose();

    public string ReaderToken(int run, int reader) => _reader(run, reader);

    /// <summary>Whom the n-th notification of a run is for when each has one reader, in turn.</summary>
    public Audience One(int run, int n, int readers) => _one(run, n % readers, readers);

    /// <summary>Everybody, as a group and as everyone in turn.</summary>
    public static Audience All(int run, int n, int readers) =>
        new(n % 2 == 0 ? $$"""{"groups":["{{Group(run)}}"]}""" : """{"everyone":true}""", [.. Enumerable.Range(0, readers)]);

    /// <summary>How many requests the nodes have sent on to each other so far, as they count it themselves. Only of our own.</summary>
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
