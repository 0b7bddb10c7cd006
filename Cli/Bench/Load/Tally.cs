namespace Commerce.Cli.Bench.Load;

/// <summary>What a run of the generator counted, within its time.</summary>
internal sealed class Tally
{
    /// <summary>What stands for a status when the connection broke or no answer came in time.</summary>
    public const int NoAnswer = 0;

    /// <summary>How long the last request of each counted thing took, from when it was sent — or was due, when requests have a time-table.</summary>
    public Latencies Latencies { get; } = new();

    /// <summary>The same of the requests before it.</summary>
    public Latencies Steps { get; } = new();

    /// <summary>The latencies by kind, where visitors name one.</summary>
    public Dictionary<string, Latencies> Kinds { get; } = [];

    /// <summary>Counted things done within the time.</summary>
    public long Done { get; set; }

    /// <summary>Done, also those whose answer came after the time.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Refusals the scenario wants, within the time.</summary>
    public long Refused { get; set; }

    public long Requests { get; set; }

    /// <summary>Errors by status.</summary>
    public SortedDictionary<int, long> Errors { get; } = [];

    /// <summary>Body of the first error, for whoever wonders.</summary>
    public string? FirstError { get; set; }

    public TimeSpan Elapsed { get; set; }

    public double PerSecond => Elapsed > TimeSpan.Zero ? Done / Elapsed.TotalSeconds : 0;

    /// <summary>Done in each tenth of a second since the start.</summary>
    public List<int> Course { get; } = [];

    /// <summary>Refused in each tenth of a second since the start.</summary>
    public List<int> Refusals { get; } = [];
}
