using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>A silo is killed at any moment.</summary>
internal sealed record KillSilo(int Silo) : SiloFault("kill", Silo, TimeSpan.Zero)
{
    public override string What => $"silo-{Silo} is killed";

    public override Task Inject(Scene scene, CancellationToken cancel) => scene.Lab.Find(Name(scene)).Kill(cancel);
}

/// <summary>
/// A silo is frozen while a crowd buys the last units, and wakes up when others have sold them: what it still decides, it decides on what was true before.
/// </summary>
internal sealed record StaleSilo(int Silo, int Dice) : SiloFault("stale", Silo, TimeSpan.Zero)
{
    private const int Buyers = 300, Units = 100;

    private static readonly TimeSpan UntilTheRush = TimeSpan.FromMilliseconds(700), Afterwards = TimeSpan.FromSeconds(4);

    public override string What => $"silo-{Silo} is frozen while {Buyers} buy {Units} units, and wakes up when they are sold";

    /// <summary>Appends that lost their race and were written all the same; none where there is a fence.</summary>
    public int Lost { get; private set; }

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var before = scene.Lab.Edges.Broken;
        var rush = new HotSku(Buyers, Units, Dice).Inject(scene, cancel);
        await Task.Delay(UntilTheRush, cancel);
        var frozen = scene.Lab.Find(Name(scene)).Pid;
        if (frozen is { } id) Signals.Send(id, Signals.Stop);
        try
        {
            await rush;
        }
        finally
        {
            if (frozen is { } again) Signals.Send(again, Signals.Continue);
        }

        await Task.Delay(Afterwards, cancel);
        Lost = scene.Lab.Edges.Broken - before;
        if (Lost > 0) Progress.Say($"      {Lost} appends lost their race and were written all the same.");
        await Reckoning.Invariants(scene);
    }
}
