using System.Diagnostics;
using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>A silo is killed at any moment.</summary>
internal sealed record KillSilo(int Silo) : SiloFault("kill", Silo, TimeSpan.Zero)
{
    public override string What => $"silo-{Silo} is killed";

    public override Task Inject(Scene scene, CancellationToken cancel) => scene.Lab.Find(Name(scene)).Kill(cancel);
}

/// <summary>
/// A silo is frozen while a crowd buys the last units, and wakes up when others have sold them: what it still decides, it decides on what was true before. It is frozen
/// with payments under way, whose answers it never heard: others ask for them again as if nobody had, and only the fence tells them.
/// </summary>
internal sealed record StaleSilo(int Silo, int Dice) : SiloFault("stale", Silo, TimeSpan.Zero)
{
    private const int Buyers = 300, Units = 100;

    /// <summary>Bytes to the provider that are some payments.</summary>
    private const int SomePayments = 4_000;

    /// <summary>A silo that has just started needs seconds for its first orders.</summary>
    private static readonly TimeSpan PayWithin = TimeSpan.FromSeconds(20), Afterwards = TimeSpan.FromSeconds(4);

    private bool _paying;

    public override string What => $"silo-{Silo} is frozen with payments under way while {Buyers} buy {Units} units, and wakes up when they are sold";

    public override bool Hit => _paying;

    /// <summary>Appends that lost their race and were written all the same; none where there is a fence.</summary>
    public int Lost { get; private set; }

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var (silo, before) = (scene.Lab.Find(Name(scene)), scene.Lab.Edges.Broken);
        var provider = scene.Lab.Edges.ToProviderFrom(silo.Name);
        var rush = new HotSku(Buyers, Units, Dice).Inject(scene, cancel);
        _paying = await Unanswered(provider, cancel);
        var frozen = silo.Pid;
        if (frozen is { } id) Signals.Send(id, Signals.Stop);
        // What was swallowed is gone, so those connections begin anew.
        provider.DropAnswers = false;
        provider.Cut();
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

    // A payment takes milliseconds, and to be frozen in the middle of one would be luck: so its answers get lost first, until there are some.
    private static async Task<bool> Unanswered(TcpProxy provider, CancellationToken cancel)
    {
        var (before, waited) = (provider.Passed, Stopwatch.StartNew());
        provider.DropAnswers = true;
        while (provider.Passed - before < SomePayments && waited.Elapsed < PayWithin) await Task.Delay(20, cancel);
        return provider.Passed - before >= SomePayments;
    }
}
