using System.Globalization;
using System.Text;

namespace Realtime.Compare.Wire;

/// <summary>Counts the HTTP/1.1 requests in the bytes of one connection from a client, however the bytes are split.</summary>
/// <remarks>Counts nothing after an upgrade, or after bytes that it cannot parse (TLS, malformed headers).</remarks>
internal sealed class RequestCounter
{
    // Longer than any of our request headers; beyond this, it is not HTTP.
    private const int LongestLine = 64 * 1024;

    private readonly StringBuilder _line = new();
    private State _state = State.RequestLine;
    private long _body;          // bytes of the body, or of the chunk, that are still to come
    private bool _chunked, _upgrade;

    private enum State { RequestLine, Headers, Body, ChunkSize, Chunk, ChunkEnd, Trailers, Opaque }

    public long Requests { get; private set; }

    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _state != State.Opaque)
        {
            if (_state is State.Body or State.Chunk) bytes = Skip(bytes);
            else
            {
                Take((char)bytes[0]);
                bytes = bytes[1..];
            }
        }
    }

    private ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> bytes)
    {
        var length = (int)Math.Min(_body, bytes.Length);
        _body -= length;
        if (_body == 0) _state = _state == State.Chunk ? State.ChunkEnd : State.RequestLine;
        return bytes[length..];
    }

    private void Take(char next)
    {
        if (next == '\n')
        {
            var line = _line.ToString();
            _line.Clear();
            TakeLine(line);
        }
        else if (next != '\r' && _line.Append(next).Length > LongestLine) _state = State.Opaque;
    }

    private void TakeLine(string line)
    {
        switch (_state)
        {
            case State.RequestLine when line.Contains(" HTTP/1.", StringComparison.Ordinal):
                Requests++;
                (_body, _chunked, _upgrade, _state) = (0, false, false, State.Headers);
                break;
            case State.RequestLine:
                if (line.Length > 0) _state = State.Opaque;
                break;
            case State.Headers when line.Length > 0:
                TakeHeader(line);
                break;
            case State.Headers:
                _state = _upgrade ? State.Opaque : _chunked ? State.ChunkSize : _body > 0 ? State.Body : State.RequestLine;
                break;
            case State.ChunkSize:
                var known = long.TryParse(line.Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _body);
                _state = !known ? State.Opaque : _body > 0 ? State.Chunk : State.Trailers;
                break;
            case State.ChunkEnd:
                _state = State.ChunkSize;
                break;
            case State.Trailers:
                if (line.Length == 0) _state = State.RequestLine;
                break;
        }
    }

    private void TakeHeader(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return;
        var value = line[(colon + 1)..].Trim();
        switch (line[..colon].ToLowerInvariant())
        {
            case "content-length" when long.TryParse(value, CultureInfo.InvariantCulture, out var length):
                _body = length;
                break;
            case "transfer-encoding":
                _chunked = value.Contains("chunked", StringComparison.OrdinalIgnoreCase);
                break;
            case "upgrade":
                _upgrade = true;
                break;
        }
    }
}
