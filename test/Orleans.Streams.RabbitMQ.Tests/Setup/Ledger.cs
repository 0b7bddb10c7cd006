using System.Collections.Concurrent;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>What arrived on one stream, in order of arrival, and how its consumer is to behave. All silos of a test share the process, hence this.</summary>
public sealed class Ledger
{
    private static readonly ConcurrentDictionary<Guid, Ledger> All = new();
    private readonly Lock _gate = new();
    private readonly List<object> _events = [];
    private readonly List<(Func<IReadOnlyList<object>, bool> Condition, TaskCompletionSource Met)> _waiting = [];

    /// <summary>Silos that were killed. Their grains still run in this process; they must do nothing any more.</summary>
    public static ConcurrentDictionary<string, bool> DeadSilos { get; } = new();

    /// <summary>Runs before an event is recorded; throwing is a consumer that throws.</summary>
    public Func<object, Task> Behaviour { get; set; } = _ => Task.CompletedTask;

    /// <summary>The request context's value "who" at the last delivery.</summary>
    public object? LastContext { get; set; }

    public IReadOnlyList<object> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public static Ledger Of(Guid stream) => All.GetOrAdd(stream, _ => new Ledger());

    public void Record(object e)
    {
        lock (_gate)
        {
            _events.Add(e);
            foreach (var (condition, met) in _waiting)
            {
                if (condition(_events))
                    met.TrySetResult();
            }
        }
    }

    /// <summary>Waits until a named condition holds; its name and what was there instead are in the failure.</summary>
    public async Task Until(string name, Func<IReadOnlyList<object>, bool> condition, int seconds = 30)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (condition(_events))
                return;
            _waiting.Add((condition, met));
        }

        try
        {
            await met.Task.WaitAsync(TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException)
        {
            var last = string.Join(", ", Events.TakeLast(20));
            throw new TimeoutException($"Not within {seconds} s: {name}. {Events.Count} events arrived, {Events.Distinct().Count()} distinct; the last: {last}");
        }
    }

    public Task UntilAll(int count, int seconds = 30) =>
        Until($"all numbers up to {count} have arrived", events => events.Count >= count && events.OfType<Numbered>().Select(e => e.Number).Distinct().Count() >= count, seconds);

    /// <summary>The numbers in order of their first arrival.</summary>
    public IReadOnlyList<int> FirstArrivals => [.. Events.OfType<Numbered>().Select(e => e.Number).Distinct()];

    public int Duplicates => Events.OfType<Numbered>().Count() - FirstArrivals.Count;
}
