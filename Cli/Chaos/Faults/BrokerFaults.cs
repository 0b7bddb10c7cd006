using Commerce.Cli.Chaos.Lab;
using Commerce.Cli.Clusters;
using Commerce.Cli.Output;
using Commerce.Servers;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F14: the broker dies under load.</summary>
internal sealed record KillBroker(int AwaySeconds) : BrokerFault("F14", TimeSpan.FromSeconds(AwaySeconds))
{
    public override string What => $"RabbitMQ is killed and away for {AwaySeconds} s";

    public override Task Inject(Scene scene, CancellationToken cancel) => scene.Lab.Find("rabbitmq").Fell();

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        var broker = scene.Lab.Find("rabbitmq");
        broker.Resume();
        await broker.Reaches(ChildState.Running, cancel);
    }
}

/// <summary>F15: all processes start where there is no broker; it comes later, empty.</summary>
internal sealed record NoBrokerFromTheStart(int AwaySeconds) : SiloFault("F15", 1, TimeSpan.FromSeconds(AwaySeconds))
{
    private int _confirmedBefore;

    public override string What => $"every process starts without RabbitMQ, which comes {AwaySeconds} s later and empty (10 minutes in the specification; --broker-away)";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        // What it has is read before it goes; after that nobody publishes to it.
        Refuse(scene, true);
        await scene.Wire.Hear(cancel);
        await scene.Lab.Find("rabbitmq").Fell();
        Directory.Delete(RabbitMqChild.Node(scene.Lab.Folder, scene.Lab.Connections.Rabbitmq).Data, recursive: true);
        foreach (var child in scene.Lab.All.Where(child => child.Kind is ChildKind.Silo or ChildKind.Analytics))
        {
            await Supervisor.Drain(child);
            child.Resume();
            if (child.Kind == ChildKind.Silo) await child.Reaches(ChildState.Running, cancel);
        }

        _confirmedBefore = Confirmed(scene);
    }

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        var confirmed = Confirmed(scene) - _confirmedBefore;
        Progress.Say($"      {confirmed} orders were confirmed in {AwaySeconds} s without a broker.");
        if (confirmed == 0) scene.Findings.Add("F15-no-orders", $"no order was confirmed in {AwaySeconds} s without a broker");
        var broker = scene.Lab.Find("rabbitmq");
        broker.Resume();
        await broker.Reaches(ChildState.Running, cancel);
        await scene.Wire.Bind(cancel);
        Refuse(scene, false);
    }

    private static int Confirmed(Scene scene) => scene.Ledger.Purchases.Count(purchase => purchase.Acknowledged == "confirmed");

    private static void Refuse(Scene scene, bool refuse)
    {
        foreach (var edge in scene.Lab.Edges.ToBroker)
        {
            edge.Refuse = refuse;
            if (refuse) edge.Cut();
        }
    }
}

/// <summary>F16: the broker has no memory left and blocks whoever publishes.</summary>
internal sealed record MemoryAlarm() : BrokerFault("F16", TimeSpan.FromSeconds(8))
{
    public override string What => $"RabbitMQ's memory alarm blocks publishers for {Lasts.TotalSeconds:0} s";

    public override Task Inject(Scene scene, CancellationToken cancel) => Watermark(scene.Lab, ["absolute", "1000"], cancel);

    public override Task Heal(Scene scene, CancellationToken cancel) => Watermark(scene.Lab, ["0.4"], cancel);

    private static Task<string> Watermark(Laboratory lab, string[] mark, CancellationToken cancel)
    {
        var node = RabbitMqChild.Node(lab.Folder, lab.Connections.Rabbitmq);
        return new Launch(ServerBinaries.RabbitMqCtl, ["-n", node.Node, "set_vm_memory_high_watermark", .. mark], node.Variables, node.Folder).As(RabbitMqFolder.User).RunToEnd(cancel);
    }
}

/// <summary>F28: the power goes. A process that is killed loses nothing the kernel has; what a disk loses with its power this machine cannot show.</summary>
internal sealed record PowerLoss() : SharedFault("F28", TimeSpan.FromSeconds(1))
{
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(30);

    public override string What => "everything is killed at once and started again (the kernel keeps what it was given; a disk's own cache is not lost)";

    public override Task Inject(Scene scene, CancellationToken cancel) => scene.Lab.PowerOff();

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        var began = scene.History.Now;
        var power = scene.Lab.PowerOn(cancel);
        var first = new Load.Shopper(0, 0, $"{scene.Run}-back-{began.Ticks}", scene.Client, scene.History, scene.Ledger);
        var cart = await first.FillCart([new Load.Wish(Load.Shelf.Basket(0), 1)], cancel);
        var order = new Load.Purchase(0, [new Load.Wish(Load.Shelf.Basket(0), 1)], "tok_ok") { Asked = scene.History.Call("first", "asks for its order", null) };
        scene.Ledger.Add(order);
        if (cart is not null) await first.CheckOut(order, cart, "tok_ok", cancel);
        await power;
        var took = scene.History.Now - began;
        Progress.Say($"      The first order after the power came back took {took.TotalSeconds:0.0} s.");
        if (took > BackWithin)
            scene.Findings.Add("F28-slow-start", $"the first order after the power came back took {took.TotalSeconds:0.0} s");
    }
}
