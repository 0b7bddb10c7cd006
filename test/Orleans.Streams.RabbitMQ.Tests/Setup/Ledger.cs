using System.Collections.Concurrent;

namespace Orleans.Streams.RabbitMQ.Tests.Setup;

/// <summary>What arrived on one stream, in order of arrival, and how its consumer is to behave. All silos of a test share the process, hence this.</summary>
public sealed class Ledger
{
    private static readonly ConcurrentDictionary<Guid, Ledger> All = new();
    private readonly Lock _gate = new();
    private readonly List<object> _events = [];
    private readonly HashSet<int> _numbers = [];
    private readonly Waiting _waiting = new();
    private int _complete;

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
            if (e is Numbered { Number: var number })
                _numbers.Add(number);
            // Counted on from where it stood: looking at all events again with each one would take longer than the events do.
            while (_numbers.Contains(_complete + 1))
                _complete++;
        }

        _waiting.Look();
    }

    /// <summary>Waits until a named condition holds; its name and what was there instead are in the failure.</summary>
    public Task Until(string name, Func<IReadOnlyList<object>, bool> condition, int seconds = Patience.Seconds) => Until(name, () => condition(_events), seconds);

    public Task UntilAll(int count, int seconds = Patience.Seconds) => Until($"all numbers up to {count} have arrived", () => _complete >= count, seconds);

    /// <summary>The numbers in order of their first arrival.</summary>
    public IReadOnlyList<int> FirstArrivals => [.. Events.OfType<Numbered>().Select(e => e.Number).Distinct()];

    public int Duplicates => Events.OfType<Numbered>().Count() - FirstArrivals.Count;

    // The condition looks at what the gate guards.
    private Task Until(string name, Func<bool> condition, int seconds) => _waiting.Until(
        () =>
        {
            lock (_gate)
                return condition();
        },
        seconds,
        () => $"{name}. {Events.Count} events arrived, {Events.Distinct().Count()} distinct; the last: {string.Join(", ", Events.TakeLast(20))}");
}
