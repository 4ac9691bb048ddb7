using System.Net.Http.Headers;
using System.Text.Json;
using Realtime.Compare.Load;

namespace Realtime.Compare.Contenders;

/// <summary>A separate HTTP client for each reader, as for separate browsers, unless readers share one like tabs.</summary>
internal static class PlainHttp
{
    public static JsonSerializerOptions Json { get; } = JsonSerializerOptions.Web;

    public static HttpClient For(Seat seat)
    {
        var client = new HttpClient(seat.Tab?.Invoke()
            ?? new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        { BaseAddress = seat.Hub };
        client.DefaultRequestHeaders.Authorization = new("Bearer", seat.Token);
        return client;
    }

    public static HttpRequestMessage Get(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return request;
    }
}
