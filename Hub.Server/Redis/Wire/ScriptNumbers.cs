namespace Realtime.Server.Redis.Wire;

/// <summary>What a script has returned: three whole numbers.</summary>
internal readonly record struct ScriptNumbers(long First, long Second, long Third)
{
    /// <param name="reader">Has read the array's head.</param>
    public static bool TryRead(ref RespReader reader, out ScriptNumbers numbers)
    {
        numbers = default;
        if (reader.Kind != '*' || reader.Number != 3 || !TryNext(ref reader, out var first) || !TryNext(ref reader, out var second)) return false;
        if (!TryNext(ref reader, out var third)) return false;
        numbers = new(first, second, third);
        return true;
    }

    private static bool TryNext(ref RespReader reader, out long number)
    {
        var isNumber = reader.TryRead() && reader.Kind == ':';
        number = reader.Number;
        return isNumber;
    }
}
