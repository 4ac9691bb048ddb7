using Microsoft.Extensions.Options;

namespace Realtime.Server.Security.Origins;

/// <summary>Which other sites' pages may use the hub; section <c>Hub:Cors</c>.</summary>
internal sealed class CorsSettings
{
    public const string Key = "Hub:Cors:Origins";

    /// <summary>
    /// Origins such as <c>https://shop.example</c> or <c>capacitor://localhost</c>: a list, or one text with <c>;</c> between them.
    /// Default: none.
    /// </summary>
    public string[] Origins { get; private set; } = [];

    public void Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Key);
        var texts = section.Value is { } joined ? [joined] : section.GetChildren().Select(child => child.Value ?? "");
        Origins = [.. texts.SelectMany(text => text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
    }
}

/// <summary>Rejects a text that no browser sends as its <c>Origin</c>, so that it would never match.</summary>
internal sealed class CorsSettingsValidator : IValidateOptions<CorsSettings>
{
    public ValidateOptionsResult Validate(string? name, CorsSettings options)
    {
        var wrong = options.Origins.Where(origin => OriginText.Normalize(origin) is null).ToList();
        return wrong.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(origin =>
                $"{CorsSettings.Key} holds \"{origin}\", which is no origin: write scheme and host, with a port if it is not the usual "
                + "one and "
                + "nothing after it, for example https://shop.example, http://localhost:3000 or capacitor://localhost. "
                + "There is no wildcard."));
    }
}
