using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Notifications;

namespace Realtime.Server.Publishing.Body;

/// <summary>The audience of a notification: <c>{"users":["CG-12520"],"groups":["south"],"everyone":false}</c>.</summary>
internal sealed class Audience
{
    // Up to this many, a linear comparison is faster than hashing.
    private const int FewNames = 8;

    private readonly FieldErrors _errors;
    private List<Topic>? _users;
    private List<Topic>? _groups;
    private bool? _everyone;

    private Audience(FieldErrors errors) => _errors = errors;

    /// <summary>Reads the object at the reader's position: users, groups, all; each in the order given, no duplicates.</summary>
    public static Topic[] Read(ref Utf8JsonReader reader, FieldErrors errors)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            errors.Add("to", "Must be an object.");
            reader.Skip();
            return [];
        }
        var audience = new Audience(errors);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) audience.ReadMember(ref reader);
        Topic[] topics = [.. audience._users ?? [], .. audience._groups ?? [], .. audience._everyone is true
            ? [Topic.All]
            : (ReadOnlySpan<Topic>)[]];
        if (topics.Length == 0) errors.Add("to", "Name at least one user or group, or everyone.");
        return topics;
    }

    private void ReadMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("users"u8)) ReadNames(ref reader, "to.users", PublishLimits.Users, ref _users, Topic.User);
        else if (reader.ValueTextEquals("groups"u8)) ReadNames(ref reader, "to.groups", PublishLimits.Groups, ref _groups, Topic.Group);
        else if (reader.ValueTextEquals("everyone"u8)) ReadEveryone(ref reader);
        else
        {
            _errors.Add("to." + reader.GetString(), "Unknown member.");
            reader.Skip();
        }
    }

    private void ReadNames(ref Utf8JsonReader reader, string field, int limit, ref List<Topic>? topics, Func<string, Topic> toTopic)
    {
        if (topics is not null) _errors.Add(field, "Duplicate member.");
        topics = [];
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            _errors.Add(field, "Must be a list of names.");
            reader.Skip();
            return;
        }
        HashSet<Topic>? known = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (JsonStrings.TryRead(ref reader, NameRules.MaxLength) is { } name && NameRules.IsValid(name))
            {
                if (topics.Count <= limit) AddOnce(topics, toTopic(name), ref known);
                continue;
            }
            _errors.Add(field, $"Each name has 1 to {NameRules.MaxLength} code units and no control characters.");
            reader.Skip();
        }
        if (topics.Count > limit) _errors.Add(field, $"At most {limit:N0}.");
    }

    private void ReadEveryone(ref Utf8JsonReader reader)
    {
        if (_everyone is not null) _errors.Add("to.everyone", "Duplicate member.");
        reader.Read();
        _everyone = reader.TokenType == JsonTokenType.True;
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null) return;
        _errors.Add("to.everyone", "Must be true or false.");
        reader.Skip();
    }

    private static void AddOnce(List<Topic> topics, Topic topic, ref HashSet<Topic>? known)
    {
        if (topics.Count == FewNames) known ??= [.. topics];
        if (known is null ? !topics.Contains(topic) : known.Add(topic)) topics.Add(topic);
    }
}
