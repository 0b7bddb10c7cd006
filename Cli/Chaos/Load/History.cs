using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Commerce.Cli.Chaos.Load;

/// <summary>
/// Every call and every answer of a run, in one order, as a file of JSON lines and as numbers for the checkers: a call's number is smaller than that of
/// whatever began after it was answered.
/// </summary>
internal sealed class History(string file, TimeProvider time) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Lock _gate = new();
    private readonly StreamWriter _writer = new(file);
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<TimeSpan> _written = [];
    private long _last;
    private bool _closed;

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_began);

    /// <summary>The last number that had been written so long ago; 0 when there was none.</summary>
    public long Before(TimeSpan ago)
    {
        var then = Now - ago;
        lock (_gate)
        {
            var at = _written.BinarySearch(then);
            return at >= 0 ? at + 1 : ~at;
        }
    }

    /// <summary>A call goes out.</summary>
    public long Call(string who, string what, string? key) => Write(n => new { n, at = time.GetUtcNow(), who, call = what, key });

    /// <summary>Its answer, or that there was none.</summary>
    public long Answer(long of, int? status, string? says) => Write(n => new { n, at = time.GetUtcNow(), of, status, says });

    /// <summary>Something the nemesis did.</summary>
    public void Note(string happened) => Write(n => new { n, at = time.GetUtcNow(), nemesis = happened });

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _writer.Dispose();
        }
    }

    private long Write(Func<long, object> line)
    {
        lock (_gate)
        {
            var number = ++_last;
            _written.Add(Now);
            if (!_closed) _writer.WriteLine(JsonSerializer.Serialize(line(number), Json));
            return number;
        }
    }
}
