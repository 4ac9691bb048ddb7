using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

// A reader with the stock client of SignalR 11, which prints what happens to it until its input ends:
//   SignalR11 <server> <transport> <user> <seconds that each of its tokens lives>
// HUB_SIGNING_KEY is the server's Hub:Auth:SigningKey.
var (server, transport, user, seconds) = (args[0], Enum.Parse<HttpTransportType>(args[1]), args[2], int.Parse(args[3]));
var key = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("HUB_SIGNING_KEY")!);

await using var connection = new HubConnectionBuilder()
    .WithUrl($"{server}/hubs/orders", transport, options => options.AccessTokenProvider = () => Task.FromResult<string?>(NewToken()))
    .WithAuthenticationRefresh(refresh => refresh.EnableAutoRefresh = true)
    .WithAutomaticReconnect()
    .Build();
connection.AuthenticationRefreshed += it => SayAsync($"refreshed {it.NewTokenLifetime?.TotalSeconds}");
connection.AuthenticationRefreshFailed += it => SayAsync($"refresh failed {it.Exception.Message}");
connection.Reconnecting += error => SayAsync($"reconnecting {error?.Message}");
connection.Closed += error => SayAsync($"closed {error?.Message}");
await connection.StartAsync();
_ = Task.Run(async () =>
{
    await foreach (var item in connection.StreamAsync<JsonElement>("Subscribe", "latest")) await SayAsync($"item {item.GetRawText()}");
    await SayAsync("stream ended");
});
await Console.In.ReadToEndAsync();
return;

string NewToken()
{
    var payload = $$"""{"sub":"{{user}}","exp":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds}}}""";
    var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode(payload)}";
    return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)))}";
}

static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

static Task SayAsync(string line) => Console.Out.WriteLineAsync(line);
