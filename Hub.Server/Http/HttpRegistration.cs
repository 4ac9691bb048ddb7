namespace Realtime.Server.Http;

/// <summary>HTTP services that every endpoint uses.</summary>
internal static class HttpRegistration
{
    /// <summary>Put it first: it gives a body to bare 4xx and 5xx of everything that follows, and turns exceptions into problems.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseMiddleware<ProblemMiddleware>();
}
