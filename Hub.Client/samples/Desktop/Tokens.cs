using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace Realtime.Samples.Desktop;

/// <summary>Where the feed gets its tokens. A program of yours asks its own sign-in here.</summary>
internal sealed class Tokens(DesktopOptions options) : IDisposable
{
    /// <summary>How long the server may take for a token.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new() { Timeout = Patience };

    /// <summary>A new token.</summary>
    /// <exception cref="HttpRequestException">The server is down, or is not in Development.</exception>
    public async ValueTask<string> GetAsync(CancellationToken cancel)
    {
        if (options.Token is { } given) return given;
        var address = new Uri(options.Server.AbsoluteUri.TrimEnd('/') + "/dev/token");
        using var answer = await _http.PostAsJsonAsync(address, new { user = options.User, groups = options.Groups }, cancel);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<DevToken>(cancel))!.AccessToken;
    }

    /// <summary>Why no token can be had and why trying again would not help; null if that is not so.</summary>
    public async Task<string?> FaultAsync(CancellationToken cancel)
    {
        try
        {
            await GetAsync(cancel);
            return null;
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
        {
            return $"{options.Server} signs no tokens: it is not a hub in Development. Set HUB_TOKEN to a token, or give another --server.";
        }
        catch (HttpRequestException refused)
            when (refused.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError)
        {
            return $"{options.Server} refused a token for the user '{options.User}' ({(int)refused.StatusCode}): names have 1 to 128 "
                + "characters. Give another --user or --groups, or another --server.";
        }
        catch (Exception later) when (later is HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // The server may start later: the feed tries again, and the screen says so.
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed record DevToken([property: JsonRequired] string AccessToken);
}
