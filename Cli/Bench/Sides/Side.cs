using Commerce.Cli.Clusters;

namespace Commerce.Cli.Bench.Sides;

/// <summary>What an audit found after a round.</summary>
internal sealed record RoundAudit(bool Ok, string Said);

/// <summary>One of the two shops that are compared: how it is set up, started, left alone until it is quiet, and audited.</summary>
internal abstract class Side(Lab lab, int port)
{
    private readonly List<Child> _running = [];

    /// <summary><c>ours</c> or <c>yardstick</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What runs, in words.</summary>
    public abstract string Topology { get; }

    public int Port => port;

    protected Lab Lab => lab;

    protected abstract IEnumerable<ChildSpec> Programs();

    /// <summary>Databases, products and stock; done once.</summary>
    public abstract Task Seed(CancellationToken cancel);

    /// <summary>Fresh data and fresh processes, ready to sell.</summary>
    public async Task Start(CancellationToken cancel)
    {
        await Reset(cancel);
        await Run(cancel);
    }

    public async Task Stop()
    {
        foreach (var child in Enumerable.Reverse(_running)) await lab.End(child);
        _running.Clear();
    }

    /// <summary>Waits until everything that follows from what was answered has been done.</summary>
    public abstract Task Settle(CancellationToken cancel);

    /// <summary>Whether all that is stored makes sense, and is at least what was answered.</summary>
    public abstract Task<RoundAudit> Audit(long acknowledged);

    /// <summary>Processor time used so far, in seconds.</summary>
    public CpuTimes Cpu() => new(_running.Sum(child => lab.CpuSeconds(child.Name)), lab.CpuSeconds("postgres"), lab.CpuSeconds("rabbitmq"), Environment.CpuUsage.TotalTime.TotalSeconds);

    protected abstract Task Reset(CancellationToken cancel);

    protected async Task Run(CancellationToken cancel)
    {
        foreach (var spec in Programs()) await Run(spec, cancel);
    }

    protected async Task Run(ChildSpec spec, CancellationToken cancel) => _running.Add(await lab.Run(spec, cancel));

    protected async Task End(string name)
    {
        var child = _running.Single(child => child.Name == name);
        _running.Remove(child);
        await lab.End(child);
    }
}

/// <summary>Processor time, in seconds.</summary>
internal readonly record struct CpuTimes(double Application, double Postgres, double Broker, double Generator)
{
    public static CpuTimes operator -(CpuTimes after, CpuTimes before) => new(
        after.Application - before.Application, after.Postgres - before.Postgres, after.Broker - before.Broker, after.Generator - before.Generator);
}
