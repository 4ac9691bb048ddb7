using System.Diagnostics.CodeAnalysis;

namespace Realtime.Server.Notifications;

/// <summary>An ordered log of notifications with one audience. Compared ordinally by its text.</summary>
internal readonly record struct Topic
{
    private const string UserPrefix = "user:";
    private const string GroupPrefix = "group:";

    private Topic(string text) => Text = text;

    /// <summary><c>user:&lt;id&gt;</c>, <c>group:&lt;name&gt;</c> or <c>all</c>; the form on the wire.</summary>
    public string Text { get; }

    public static Topic All { get; } = new("all");

    public static Topic User(string id) => new(UserPrefix + Checked(id));

    public static Topic Group(string name) => new(GroupPrefix + Checked(name));

    /// <summary>The topics of a user in these groups: its own topic first, then the groups', then <c>all</c>; no duplicates.</summary>
    public static IReadOnlyList<Topic> AllOf(string user, IEnumerable<string> groups) =>
        [User(user), .. groups.Distinct(StringComparer.Ordinal).Select(Group), All];

    /// <summary>The group whose topic this is, or null.</summary>
    public string? GroupName => Text.StartsWith(GroupPrefix, StringComparison.Ordinal) ? Text[GroupPrefix.Length..] : null;

    /// <summary>Reads <see cref="Text"/>. False if the text is not a valid topic.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Topic? topic)
    {
        topic = text?.Split(':', 2) switch
        {
            ["all"] => All,
            ["user", var id] when NameRules.IsValid(id) => User(id),
            ["group", var name] when NameRules.IsValid(name) => Group(name),
            _ => null,
        };
        return topic is not null;
    }

    public override string ToString() => Text;

    private static string Checked(string name) =>
        NameRules.IsValid(name) ? name : throw new ArgumentException("Not a user id or group name; see NameRules.IsValid.", nameof(name));
}
