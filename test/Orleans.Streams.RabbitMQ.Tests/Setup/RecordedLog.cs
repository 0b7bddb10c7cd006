using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>One line this library wrote to a silo's log: its number and its values by name.</summary>
public sealed record LogLine(int Id, IReadOnlyDictionary<string, object?> Values)
{
    public int Number(string name) => (int)Values[name]!;
}

/// <summary>Numbers of the lines tests wait for.</summary>
public static class Lines
{
    public const int Connected = 1;
    public const int ConnectFailed = 2;
    public const int ReadFailed = 8;
    public const int Died = 9;
    public const int Dealt = 12;
    public const int SendsAgain = 13;
}

/// <summary>What the library wrote to the log of one silo, and a signal for what it will write: an event to wait for instead of a time.</summary>
public sealed class RecordedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly Waiting _waiting = new();

    public IEnumerable<LogLine> Lines => _lines;

    /// <summary>Waits for a line, written already or still to come; the last that fits.</summary>
    public async Task<LogLine> Until(string name, Func<LogLine, bool> fits, int seconds = Patience.Seconds)
    {
        await _waiting.Until(() => _lines.Any(fits), seconds, () => $"{name}. The log has {string.Join(", ", _lines.Select(l => l.Id))}");
        return _lines.Last(fits);
    }

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Orleans.Streams.RabbitMQ", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var values = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
        _lines.Enqueue(new LogLine(eventId.Id, values.DistinctBy(v => v.Key).ToDictionary(v => v.Key, v => v.Value)));
        _waiting.Look();
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Dispose()
    {
    }
}
