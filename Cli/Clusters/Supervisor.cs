using System.Collections.Immutable;
using Commerce.Cli.Output;

namespace Commerce.Cli.Clusters;

/// <summary>All children of a cluster: keeps them running, and at the end stops them in order, the door first and the storage last.</summary>
internal sealed class Supervisor(ILauncher launcher, TimeProvider time, Action<string> say)
{
    /// <summary>When the last of a kind has ended at the latest, counted from the order to stop. What a kind leaves unused the next one has.</summary>
    internal static readonly ImmutableArray<(ChildKind Kind, TimeSpan By)> StopBy =
    [
        (ChildKind.Gateway, TimeSpan.FromSeconds(8)), (ChildKind.Analytics, TimeSpan.FromSeconds(12)), (ChildKind.Silo, TimeSpan.FromSeconds(19)),
        (ChildKind.PaymentSimulator, TimeSpan.FromSeconds(20)),
        (ChildKind.RabbitMq, TimeSpan.FromSeconds(23)), (ChildKind.Postgres, TimeSpan.FromSeconds(26)), (ChildKind.Epmd, TimeSpan.FromSeconds(27)),
    ];

    /// <summary>A drained process has its own limit of 25 s.</summary>
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(27);

    private readonly Lock _gate = new();
    private ImmutableArray<Child> _children = [];
    private bool _stopping;

    public ImmutableArray<Child> Children { get { lock (_gate) return _children; } }

    public Child Add(ChildSpec spec)
    {
        lock (_gate)
        {
            if (_stopping) throw new OperationCanceledException("The cluster is being stopped.");
            // Two of a name would share its folder, its log and the note by which an orphan is found.
            if (_children.Any(child => child.Name == spec.Name)) throw new UsageException($"There is a {spec.Name} already.");
            var child = Child.Start(spec, launcher, time, say);
            _children = _children.Add(child);
            return child;
        }
    }

    public Child Find(string name) => Children.FirstOrDefault(child => child.Name == name)
        ?? throw new UsageException($"There is no '{name}'; there are {string.Join(", ", Children.Select(child => child.Name))}.");

    public static Task Drain(Child child) => child.Drain(DrainWithin);

    /// <summary>Drains it and forgets it.</summary>
    public async Task Remove(Child child)
    {
        await Drain(child);
        await child.Stop(DrainWithin);
        lock (_gate) _children = _children.Remove(child);
        child.Dispose();
    }

    public async Task StopAll()
    {
        lock (_gate) _stopping = true;
        foreach (var child in Children) child.Prepare();
        var began = time.GetTimestamp();
        foreach (var (kind, by) in StopBy)
        {
            var left = by - time.GetElapsedTime(began);
            await Task.WhenAll(Children.Where(child => child.Kind == kind).Select(child => child.Stop(left > TimeSpan.Zero ? left : TimeSpan.Zero)));
        }
    }
}
