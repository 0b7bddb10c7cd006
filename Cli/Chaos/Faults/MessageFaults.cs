namespace Commerce.Cli.Chaos.Faults;

/// <summary>F19: messages nobody can read, and one of a later version, between the real ones. Signatures come with security.</summary>
internal sealed record Poison() : BrokerFault("F19", TimeSpan.Zero)
{
    private static readonly TimeSpan DeadWithin = TimeSpan.FromSeconds(30);

    public override string What => "a message of random bytes and one of an unknown version lie between the real ones (without signatures, which come with security)";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var noise = new byte[200];
        new Random(scene.Run.Length).NextBytes(noise);
        foreach (var service in Clusters.ClusterConnections.AnalyticsFeeds)
        {
            if (!await scene.Wire.Poison(service, [noise, [(byte)'R', 99, 1, 0]], DeadWithin, cancel))
                scene.Findings.Add("F19-poison", $"{service}: what cannot be read was not among the dead letters after {DeadWithin.TotalSeconds:0} s");
        }
    }
}

/// <summary>F20: messages come again, in no order.</summary>
internal sealed record Redelivery(int Messages, int Dice) : BrokerFault("F20", TimeSpan.Zero)
{
    private int _sent;

    public override string What => $"{Messages} messages are delivered again, shuffled";

    public override bool Hit => _sent >= Messages / 2;

    public override async Task Inject(Scene scene, CancellationToken cancel) => _sent = await scene.Wire.Repeat(Messages, new Random(Dice), cancel);
}
