using System.Diagnostics;
using System.Text;
using Commerce.Kernel;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Journal.Bench;

/// <summary>What a run measured.</summary>
/// <param name="Streams">Streams written at once, each waiting for its answer before it goes on.</param>
/// <param name="Appends">Appends of one event, each durable when answered.</param>
/// <param name="AppendsPerSecond">On new streams.</param>
/// <param name="MedianMilliseconds">From hand-over to answer, half of them.</param>
/// <param name="P99Milliseconds">From hand-over to answer, 99 of 100.</param>
/// <param name="LongStreamEvents">Events the streams of the second run had before it began.</param>
/// <param name="LongAppendsPerSecond">On those long streams.</param>
public sealed record JournalBenchResult(
    int Streams, int Appends, decimal AppendsPerSecond, decimal MedianMilliseconds, decimal P99Milliseconds, int LongStreamEvents, decimal LongAppendsPerSecond)
{
    /// <summary>The result in lines for a person.</summary>
    public IEnumerable<string> Lines =>
    [
        $"{Streams} streams at once, full sync, {Appends:N0} appends: {AppendsPerSecond:N0} appends/s, median {MedianMilliseconds:N2} ms, p99 {P99Milliseconds:N2} ms.",
        $"{Streams} streams of {LongStreamEvents:N0} events each: {LongAppendsPerSecond:N0} appends/s.",
    ];
}

/// <summary>Measures the journal by itself, in a folder of its own: how many appends a second, and whether a long history makes them slower.</summary>
public sealed class JournalBench(string folder, TimeProvider time)
{
    /// <summary>Streams written at once.</summary>
    public const int Streams = 256;

    private static readonly byte[] Data = Encoding.UTF8.GetBytes("""{"order":"0123456789abcdef0123456789abcdef-1","quantity":3,"term":{"until":"2026-03-01T12:00:00+00:00"}}""");

    /// <summary>Runs it.</summary>
    /// <param name="appendsPerStream">Appends each stream makes in a measured run.</param>
    /// <param name="longStreamEvents">Events a long stream has.</param>
    public async Task<JournalBenchResult> Run(int appendsPerStream = 400, int longStreamEvents = 10_000)
    {
        Directory.CreateDirectory(folder);
        using var journal = SqliteJournal.Open(Path.Combine(folder, "bench.db"), time, NullLogger<SqliteJournal>.Instance);
        return await Run(journal, time, appendsPerStream, longStreamEvents);
    }

    /// <summary>Runs it on any journal that is empty.</summary>
    public static async Task<JournalBenchResult> Run(IJournal journal, TimeProvider time, int appendsPerStream, int longStreamEvents)
    {
        // What the first calls compile is not what is measured.
        await Measure(journal, time, [.. Enumerable.Range(0, Streams).Select(i => new Writer($"warm/{i}"))], 20);
        var (fresh, latencies) = await Measure(journal, time, [.. Enumerable.Range(0, Streams).Select(i => new Writer($"fresh/{i}"))], appendsPerStream);

        // The same number of streams, each made long in one append.
        var writers = Enumerable.Range(0, Streams).Select(i => new Writer($"long/{i}")).ToArray();
        foreach (var writer in writers) await writer.Append(journal, longStreamEvents, time.GetUtcNow());
        var (grown, _) = await Measure(journal, time, writers, appendsPerStream);

        Array.Sort(latencies);
        return new JournalBenchResult(
            Streams, Streams * appendsPerStream, fresh, Milliseconds(latencies[latencies.Length / 2]), Milliseconds(latencies[latencies.Length * 99 / 100]),
            longStreamEvents, grown);
    }

    private static async Task<(decimal PerSecond, long[] Latencies)> Measure(IJournal journal, TimeProvider time, Writer[] writers, int appends)
    {
        var latencies = new long[writers.Length * appends];
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(writers.Select((writer, w) => Write(writer, w * appends)));
        return (Math.Round(latencies.Length / Math.Max(0.001m, Milliseconds(Stopwatch.GetTimestamp() - began) / 1000m)), latencies);

        async Task Write(Writer writer, int offset)
        {
            await Task.Yield();
            for (var i = 0; i < appends; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await writer.Append(journal, 1, time.GetUtcNow());
                latencies[offset + i] = Stopwatch.GetTimestamp() - start;
            }
        }
    }

    private static decimal Milliseconds(long ticks) => Math.Round(ticks * 1000m / Stopwatch.Frequency, 3);

    private sealed class Writer(string name)
    {
        private readonly StreamName _stream = new("inventory", $"stock/bench/{name}");
        private Guid _last;
        private long _version;

        public async Task Append(IJournal journal, int count, DateTimeOffset now)
        {
            var events = new NewEvent[count];
            for (var i = 0; i < count; i++) events[i] = new NewEvent(Guid.CreateVersion7(now), "stock.reserved.v1", Data);
            var command = new CommandKey($"bench-{_version}", "digest");
            var outcome = await journal.Append(new Append(_stream, _last, _version, events, command, now, now, now, new Envelope("system", "bench", null)));
            if (outcome != AppendOutcome.Committed) throw new InvalidOperationException($"{_stream} {_version}: {outcome}");
            (_last, _version) = (events[^1].Id, _version + count);
        }
    }
}
