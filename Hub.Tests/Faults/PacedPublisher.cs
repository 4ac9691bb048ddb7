using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Faults;

/// <summary>Publishes at a steady rate, whatever the answers, at each node in turn; every order is tried once.</summary>
internal sealed class PacedPublisher(IReadOnlyList<Node> nodes, Recording recording, IReadOnlyList<string> users)
{
    private const int AtOnce = 10;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    private long _lastConfirmed;

    /// <summary>Orders a second.</summary>
    public static double Rate => AtOnce / Every.TotalSeconds;

    /// <summary>When a publish was last begun that was confirmed, as a timestamp of the system's clock.</summary>
    public long LastConfirmed => Volatile.Read(ref _lastConfirmed);

    /// <summary>Runs until it is stopped, then waits for the answers that are still to come.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var underWay = new List<Task>();
        using var pace = new PeriodicTimer(Every);
        for (var order = 0; !stop.IsCancellationRequested; order += AtOnce)
        {
            underWay.RemoveAll(task => task.IsCompletedSuccessfully);
            underWay.AddRange(Enumerable.Range(order, AtOnce).Select(PublishAsync));
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
        await Task.WhenAll(underWay);
    }

    private async Task PublishAsync(int number)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (order, user) = ($"order-{number}", users[number % users.Count]);
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId = order });
        using var answer = await nodes[number / users.Count % nodes.Count].Server.Http.SendAsync(request, CancellationToken.None);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202).Or.EqualTo(503), body.ToString());
        string[] topics = [$"user:{user}"];
        if ((int)answer.StatusCode != 202)
        {
            recording.Tries.Enqueue(new Try(order, topics, (int)answer.StatusCode, null, false, []));
            return;
        }
        var accepted = body.GetProperty("accepted")[0];
        recording.Tries.Enqueue(new Try(order, topics, 202, body.GetProperty("id").GetString(), false,
            [new Place(accepted.GetProperty("topic").GetString()!, accepted.GetProperty("sequence").GetInt64())]));
        Volatile.Write(ref _lastConfirmed, Math.Max(began, LastConfirmed));
    }
}
