using System.CommandLine;
using System.CommandLine.Parsing;

namespace Realtime.Samples.Desktop;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    /// <summary>The variable of the environment with a token. Not an option: other users of a machine can see those.</summary>
    private const string TokenVariable = "HUB_TOKEN";

    private const string UsualServer = "http://localhost:5080", UsualUser = "team-west", UsualGroup = "west";

    public static RootCommand Create(Func<DesktopOptions, CancellationToken, Task<int>> run)
    {
        var server = new Option<Uri>("--server")
        {
            Description = "the address of the hub, http or https, without the paths of its API",
            DefaultValueFactory = _ => new(UsualServer),
            CustomParser = ParseServer,
        };
        var user = new Option<string>("--user")
        {
            Description = "whose orders to read, where the server signs a token for any user (Development)",
            DefaultValueFactory = _ => UsualUser,
        };
        var groups = new Option<string[]>("--groups")
        {
            Description = $"the groups of that user (default: {UsualGroup} for {UsualUser}, else none)",
            AllowMultipleArgumentsPerToken = true,
        };
        var transport = new Option<string>("--transport")
        {
            Description = "the transport to begin with; T changes it",
            DefaultValueFactory = _ => Choice.All[0].Name,
        };
        transport.AcceptOnlyFromAmong([.. Choice.All.Select(choice => choice.Name)]);
        var root = new RootCommand(
            "Shows a user's orders as they come. The hub in Development signs the token that this needs; for any other hub, set the "
            + $"variable {TokenVariable} to a token.\n\nKeys: T next transport, C cut the link or catch up, R reconnect now, A acknowledge "
            + "all that is shown, Q quit.")
        {
            server, user, groups, transport,
        };
        root.Validators.Add(given =>
        {
            if (Token() is not null && (IsGiven(given, user) || IsGiven(given, groups)))
                given.AddError($"The token in {TokenVariable} says who the user is: leave out --user and --groups, or unset the variable.");
        });
        root.SetAction((given, cancel) => run(new()
        {
            Server = given.GetValue(server)!,
            User = given.GetValue(user)!,
            Groups = given.GetValue(groups) is { Length: > 0 } named ? named : given.GetValue(user) == UsualUser ? [UsualGroup] : [],
            Token = Token(),
            Transport = Choice.All.Single(choice => choice.Name == given.GetValue(transport)),
        }, cancel));
        return root;
    }

    private static string? Token() =>
        Environment.GetEnvironmentVariable(TokenVariable)?.Trim() is { Length: > 0 } token ? token : null;

    private static bool IsGiven(CommandResult given, Option option) => given.GetResult(option) is { Implicit: false };

    private static Uri? ParseServer(ArgumentResult given)
    {
        if (Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.Query.Length == 0 && url.Fragment.Length == 0 && url.UserInfo.Length == 0) return url;
        given.AddError($"--server must be an address that begins with http:// or https://, such as {UsualServer}, without user and query.");
        return null;
    }
}
