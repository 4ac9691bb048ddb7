namespace Realtime.Server.Http;

/// <summary>What every endpoint may count on.</summary>
internal static class HttpRegistration
{
    /// <summary>Put it first: it gives a body to bare 4xx and 5xx of everything that follows, and turns exceptions into problems.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app.UseMiddleware<ProblemMiddleware>();
}
