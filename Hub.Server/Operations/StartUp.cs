using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Realtime.Server.Log;
using Realtime.Server.Security;

namespace Realtime.Server.Operations;

/// <summary>From a composed application to an exit code: what whoever starts the server can mend is said in sentences, not as a stack trace.</summary>
internal static class StartUp
{
    private const int Failed = 1;

    /// <summary>Checks every setting before anything uses one. False: it has been said what is wrong, and the process ends with 1.</summary>
    public static bool HasGoodSettings(this WebApplication app)
    {
        try
        {
            app.Services.GetService<IStartupValidator>()?.Validate();
            // In Development this is where the key is made, beside the data.
            app.Services.GetRequiredService<TokenKey>();
            return true;
        }
        catch (Exception mendable) when (HowToMend(mendable) is { } sentences)
        {
            Say(sentences);
            return false;
        }
    }

    /// <summary>Runs until the node is told to stop.</summary>
    /// <returns>The exit code: 0, or 1 if it could not start.</returns>
    public static async Task<int> RunHubAsync(this WebApplication app)
    {
        try
        {
            app.Configuration.RemoveStaleSockets();
            await app.StartAsync();
            app.Services.GetRequiredService<NodeState>().Started();
            app.Services.GetRequiredService<StartUpReport>().Write(app.Urls);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (Exception mendable) when (HowToMend(mendable) is { } sentences)
        {
            Say(sentences);
            return Failed;
        }
        finally
        {
            await app.DisposeAsync();
        }
    }

    /// <summary>Null: this is not for an operator to mend, but for us.</summary>
    private static string[]? HowToMend(Exception exception) => exception switch
    {
        OptionsValidationException wrong => [.. wrong.Failures],
        AggregateException several => [.. several.InnerExceptions.SelectMany(one => HowToMend(one) ?? [one.ToString()])],
        StoreUnusableException or KeyUnusableException => [exception.Message],
        // The configuration binder's own words name the key, the text and the type.
        InvalidOperationException { InnerException: FormatException or ArgumentException } unreadable =>
            [$"{unreadable.Message} {Spelling(unreadable.Message)}, or remove the setting to have its default."],
        FormatException badAddress => [$"{badAddress.Message}. Addresses to listen on (--urls, ASPNETCORE_URLS) look like http://localhost:5080 or http://*:80."],
        IOException { InnerException: AddressInUseException } taken => [$"{taken.Message} Stop what listens there, or give --urls another address."],
        _ => null,
    };

    private static string Spelling(string message) =>
        message.Contains("System.TimeSpan", StringComparison.Ordinal) ? "Write " + SettingsRegistration.DurationForm
        : message.Contains("System.Boolean", StringComparison.Ordinal) ? "Write true or false"
        : message.Contains("System.Double", StringComparison.Ordinal) ? "Write a number"
        : "Write a whole number";

    private static void Say(IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) Console.Error.WriteLine(sentence);
    }
}
