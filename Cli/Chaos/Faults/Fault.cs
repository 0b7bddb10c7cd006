using Commerce.Cli.Chaos.Checks;
using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Chaos.Load;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>Where faults happen, and who shops there.</summary>
/// <param name="Lab">The cluster.</param>
/// <param name="Client">The shoppers' HTTP.</param>
/// <param name="History">What happened.</param>
/// <param name="Ledger">What shoppers asked for and saw.</param>
/// <param name="Findings">What must not be.</param>
/// <param name="Wire">What the relays publish.</param>
/// <param name="Run">Part of every key, so that no run meets another's.</param>
internal sealed record Scene(Laboratory Lab, Client Client, History History, Ledger Ledger, Findings Findings, Wire Wire, string Run);

/// <summary>A fault, drawn with all its particulars: it is injected, lasts, and is healed.</summary>
/// <param name="Id"><c>F1</c> … <c>F29</c>.</param>
/// <param name="Lasts">From injection to healing.</param>
internal abstract record Fault(string Id, TimeSpan Lasts)
{
    /// <summary>
    /// How long a victim that has none is given to get work, right after another fault: one that ended itself while its database was frozen is started after
    /// 5 s, and is ready some 20 s later where processors are slow.
    /// </summary>
    protected internal const int SecondsToGetWork = 60;

    /// <summary>What it does, for people; what the machine can only approximate is said here.</summary>
    public abstract string What { get; }

    /// <summary>Whether it took place; a crash point nobody reached did not.</summary>
    public virtual bool Hit => true;

    /// <summary>How much work its victim has in hand right before: grains of a silo, requests on their way to a server. With none, it does not count.</summary>
    public abstract Task<long> OwnedWork(Scene scene, CancellationToken cancel);

    public abstract Task Inject(Scene scene, CancellationToken cancel);

    public virtual Task Heal(Scene scene, CancellationToken cancel) => Task.CompletedTask;
}

/// <summary>A fault of one silo: its work is the grains it holds.</summary>
internal abstract record SiloFault(string Id, int Silo, TimeSpan Lasts) : Fault(Id, Lasts)
{
    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => OwnedBy(Name(scene), scene, cancel);

    /// <summary>The grains of a process; one that has just come back after another fault is given time to get some.</summary>
    protected static async Task<long> OwnedBy(string process, Scene scene, CancellationToken cancel)
    {
        var grains = 0L;
        for (var look = 0; look < SecondsToGetWork && grains == 0; look++)
        {
            if (look > 0) await Task.Delay(1_000, cancel);
            grains = await scene.Lab.GrainsOn(process, cancel);
        }

        return grains;
    }

    protected string Name(Scene scene) => scene.Lab.SiloName(Silo);
}

/// <summary>A fault of something all requests pass: its work is those that wait for their answer, seen over a second.</summary>
internal abstract record SharedFault(string Id, TimeSpan Lasts) : Fault(Id, Lasts)
{
    public override async Task<long> OwnedWork(Scene scene, CancellationToken cancel)
    {
        var most = 0;
        for (var look = 0; look < 20 && most == 0; look++)
        {
            most = scene.Client.InFlight;
            if (most == 0) await Task.Delay(50, cancel);
        }

        return most;
    }
}

/// <summary>A fault of the broker: its work is the bytes that go to and from it in a second.</summary>
internal abstract record BrokerFault(string Id, TimeSpan Lasts) : Fault(Id, Lasts)
{
    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => Flow.Over(scene.Lab.Edges.ToBroker, cancel);
}

/// <summary>A fault of the payment provider: the same.</summary>
internal abstract record PaymentFault(string Id, TimeSpan Lasts) : Fault(Id, Lasts)
{
    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => Flow.Over(scene.Lab.Edges.ToProvider, cancel);
}

/// <summary>What passes edges.</summary>
internal static class Flow
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Bytes in a second; in the first one in which there are any: right after another fault all may still wait.</summary>
    public static async Task<long> Over(IEnumerable<Commerce.Servers.TcpProxy> edges, CancellationToken cancel)
    {
        var passed = 0L;
        for (var look = 0; look < Fault.SecondsToGetWork && passed == 0; look++)
        {
            var before = edges.Sum(proxy => proxy.Passed);
            await Task.Delay(Look, cancel);
            passed = edges.Sum(proxy => proxy.Passed) - before;
        }

        return passed;
    }
}
