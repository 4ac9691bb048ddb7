using System.Buffers;
using System.Text;
using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Notifications;

namespace Realtime.Server.Publishing.Body;

/// <summary>
/// Reads the body of a publish: <c>{"to":{…},"type":"…","orderId":"…","time":"…","data":…}</c>. Hand-written, because it must refuse what a
/// serialiser tolerates, keep numbers as they were written, and run 25,000 times a second.
/// </summary>
internal ref struct PublishParser
{
    // Bytes; RFC 3339 does not limit the digits of a second.
    private const int MaxTimeLength = 64;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = PublishLimits.Depth };
    private static readonly SearchValues<byte> TypeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-"u8);

    private readonly ReadOnlySpan<byte> _json;
    private readonly bool _isLine;
    private readonly FieldErrors _errors = new();
    private Utf8JsonReader _reader;
    private Members _seen;
    private PublishBody _body;

    private PublishParser(ReadOnlySpan<byte> json, bool isLine)
    {
        _json = json;
        _isLine = isLine;
        _reader = new(json, Strict);
    }

    [Flags]
    private enum Members
    {
        None = 0,
        To = 1,
        Type = 2,
        OrderId = 4,
        Time = 8,
        Data = 16,
        Key = 32,
    }

    /// <summary>Null and the body, or the validation errors.</summary>
    /// <param name="isLine">A line of a batch may contain its idempotency key.</param>
    public static FieldErrors? Parse(ReadOnlySpan<byte> json, bool isLine, out PublishBody body)
    {
        body = default;
        if (JsonText.Fault(json) is { } fault) return FieldErrors.Of(FieldErrors.Body, fault);
        var parser = new PublishParser(json, isLine);
        try
        {
            parser.ReadBody();
        }
        catch (JsonException exception)
        {
            return FieldErrors.Of(
                FieldErrors.Body, $"Not valid JSON, or nested deeper than {PublishLimits.Depth} levels, of which the body is the first: "
                + $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        body = parser._body;
        return parser._errors.IsEmpty ? null : parser._errors;
    }

    /// <summary>Null, or why the text is not a valid idempotency key.</summary>
    public static string? KeyFault(string key) =>
        key.Length is >= 1 and <= PublishLimits.KeyLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? null
            : $"1 to {PublishLimits.KeyLength} visible ASCII characters.";

    private void ReadBody()
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName) ReadMember();
            CheckPresence();
        }
        else
        {
            _errors.Add(FieldErrors.Body, "Must be an object.");
            _reader.Skip();
        }
        // Either the text ends here, or this throws.
        _reader.Read();
    }

    private void ReadMember()
    {
        if (_reader.ValueTextEquals("to"u8)) ReadTo();
        else if (_reader.ValueTextEquals("type"u8)) ReadType();
        else if (_reader.ValueTextEquals("orderId"u8)) ReadOrderId();
        else if (_reader.ValueTextEquals("time"u8)) ReadTime();
        else if (_reader.ValueTextEquals("data"u8)) ReadData();
        else if (_isLine && _reader.ValueTextEquals("idempotencyKey"u8)) ReadKey();
        else Refuse(_reader.GetString()!, "Unknown member.");
    }

    private void CheckPresence()
    {
        if (!_seen.HasFlag(Members.To)) _errors.Add("to", "Required: users, groups or everyone.");
        if (!_seen.HasFlag(Members.Type)) _errors.Add("type", "Required.");
        if (!_seen.HasFlag(Members.OrderId)) _errors.Add("orderId", "Required.");
    }

    private void ReadTo()
    {
        Meet(Members.To, "to");
        _body.Topics = Audience.Read(ref _reader, _errors);
    }

    private void ReadType()
    {
        Meet(Members.Type, "type");
        _reader.Read();
        if (!JsonStrings.TryRead(ref _reader, PublishLimits.TypeLength, out _body.Type)
            || _body.Type.Length is < 1 or > PublishLimits.TypeLength
            || _body.Type.ContainsAnyExcept(TypeCharacters))
            Refuse("type", $"1 to {PublishLimits.TypeLength} of a-z, 0-9, '.', '_' and '-'.");
    }

    private void ReadOrderId()
    {
        Meet(Members.OrderId, "orderId");
        _reader.Read();
        if (JsonStrings.TryRead(ref _reader, PublishLimits.OrderIdLength, out _body.OrderId) && IsOrderId(_body.OrderId))
            _body.OrderIdLiteral = _reader.ValueSpan;
        else
            Refuse("orderId", $"1 to {PublishLimits.OrderIdLength} code units without control characters.");
    }

    private void ReadTime()
    {
        Meet(Members.Time, "time");
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.Null) return;
        if (!JsonStrings.TryRead(ref _reader, MaxTimeLength, out _body.Time) || _body.Time.Length > MaxTimeLength
            || !Rfc3339.IsMoment(_body.Time))
            Refuse("time", "A moment with an offset, as RFC 3339 writes it: 2026-11-22T09:00:00Z.");
    }

    private void ReadData()
    {
        Meet(Members.Data, "data");
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        _body.Data = _json[start..(int)_reader.BytesConsumed];
    }

    private void ReadKey()
    {
        Meet(Members.Key, "idempotencyKey");
        _reader.Read();
        _body.IdempotencyKey = JsonStrings.TryRead(ref _reader, PublishLimits.KeyLength);
        if (KeyFault(_body.IdempotencyKey ?? "") is { } fault) Refuse("idempotencyKey", fault);
    }

    private void Meet(Members member, string field)
    {
        if (_seen.HasFlag(member)) _errors.Add(field, "Duplicate member.");
        _seen |= member;
    }

    private void Refuse(string field, string why)
    {
        _errors.Add(field, why);
        _reader.Skip();
    }

    private static bool IsOrderId(ReadOnlySpan<byte> text)
    {
        // A code unit has at most three bytes.
        if (text.Length is < 1 or > PublishLimits.OrderIdLength * 3) return false;
        Span<char> units = stackalloc char[PublishLimits.OrderIdLength * 3];
        var count = Encoding.UTF8.GetChars(text, units);
        return count <= PublishLimits.OrderIdLength && NameRules.IsCleanText(units[..count]);
    }
}
