namespace Commerce.Cli.Chaos.Faults;

/// <summary>F5: what one process says to a silo is not heard; the other way it is.</summary>
internal sealed record OneWayPartition(int From, int To) : SiloFault("F5", To, TimeSpan.FromSeconds(10))
{
    public override string What => $"nothing from silo-{From} reaches silo-{To} for {Lasts.TotalSeconds:0} s";

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Sever([(scene.Lab.SiloName(From), scene.Lab.SiloName(To))]);
        return Task.CompletedTask;
    }

    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Mend();
        return Task.CompletedTask;
    }
}

/// <summary>F6: a silo is cut off from all others, and still reaches the database.</summary>
internal sealed record Minority(int Silo) : SiloFault("F6", Silo, TimeSpan.FromSeconds(15))
{
    public override string What => $"silo-{Silo} is cut off from all other silos for {Lasts.TotalSeconds:0} s and reaches the database";

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        var alone = Name(scene);
        var others = scene.Lab.All.Where(child => child.Kind <= Clusters.ChildKind.Silo && child.Name != alone).Select(child => child.Name);
        scene.Lab.Edges.Sever(others.SelectMany(other => new[] { (alone, other), (other, alone) }));
        return Task.CompletedTask;
    }

    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Mend();
        return Task.CompletedTask;
    }
}

/// <summary>F7: a tenth of what silos say to each other is lost. The proxies see no packets: of the blocks that pass one in ten is late by a retransmission, which is what TCP makes of a loss.</summary>
internal sealed record PacketLoss(int Dice) : SharedFault("F7", TimeSpan.FromSeconds(10))
{
    private const int Percent = 10;

    public override string What => $"{Percent} % of what silos say to each other is late by a retransmission for {Lasts.TotalSeconds:0} s (proxies see blocks of a connection, not packets)";

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        var (gate, chance) = (new Lock(), new Random(Dice));
        scene.Lab.Edges.Lose(() =>
        {
            lock (gate) return chance.Next(100) < Percent;
        });
        return Task.CompletedTask;
    }

    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Lose(null);
        return Task.CompletedTask;
    }
}

/// <summary>F10: connections to the database are cut when the commit has been sent and its answer has not come.</summary>
internal sealed record CutAfterCommit(int Times) : SharedFault("F10", TimeSpan.Zero)
{
    public override string What => $"all connections to PostgreSQL are cut {Times} times while answers are on their way";

    public override Task Inject(Scene scene, CancellationToken cancel) => Answerless.Cut(scene.Lab.Edges.ToPostgres, Times, cancel);
}

/// <summary>F17: the broker's confirms are lost on their way back.</summary>
internal sealed record ConfirmLost(int Times) : BrokerFault("F17", TimeSpan.Zero)
{
    public override string What => $"all connections to RabbitMQ are cut {Times} times while confirms are on their way";

    public override Task Inject(Scene scene, CancellationToken cancel) => Answerless.Cut(scene.Lab.Edges.ToBroker, Times, cancel);
}

/// <summary>Requests arrive, answers do not, and then the connection is gone.</summary>
internal static class Answerless
{
    private static readonly TimeSpan While = TimeSpan.FromMilliseconds(250), Between = TimeSpan.FromSeconds(2);

    public static async Task Cut(IEnumerable<Commerce.Servers.TcpProxy> edges, int times, CancellationToken cancel)
    {
        var all = edges.ToList();
        for (var i = 0; i < times; i++)
        {
            foreach (var edge in all) edge.DropAnswers = true;
            await Task.Delay(While, cancel);
            foreach (var edge in all)
            {
                edge.Cut();
                edge.DropAnswers = false;
            }

            await Task.Delay(Between, cancel);
        }
    }
}
