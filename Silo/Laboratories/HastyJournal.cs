using System.Threading.Channels;
using Commerce.Kernel;

namespace Commerce.Silo.Laboratories;

/// <summary>A journal that says "committed" before it is: effects follow what is not recorded yet, and what was answered can be lost.</summary>
internal sealed class HastyJournal : BrokenJournal
{
    // Longer than a checkout takes on a busy machine: what is killed later than its order's first event has lost nothing a client would miss.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(3);

    private readonly Channel<(Append Append, long At)> _queue = Channel.CreateUnbounded<(Append, long)>();

    public HastyJournal(IJournal journal) : base(journal) => _ = Work();

    public override Task<AppendOutcome> Append(Append append)
    {
        _queue.Writer.TryWrite((append, TimeProvider.System.GetTimestamp()));
        return Task.FromResult(AppendOutcome.Committed);
    }

    private async Task Work()
    {
        await foreach (var (append, at) in _queue.Reader.ReadAllAsync())
        {
            if (Late - TimeProvider.System.GetElapsedTime(at) is var left && left > TimeSpan.Zero) await Task.Delay(left);
            _ = Journal.Append(append);
        }
    }
}
