using System.Diagnostics;
using Commerce.Cli.Clusters;
using Commerce.Kernel;

namespace Commerce.Cli.Chaos.Faults;

/// <summary>F1, F18: a process ends as by <c>kill -9</c> at a named point in its code.</summary>
internal sealed record CrashAtPoint(string Id, string? Process, int Silo, string Point, string Subject, int Nth) : SiloFault(Id, Silo, TimeSpan.Zero)
{
    private static readonly TimeSpan ReachedWithin = TimeSpan.FromSeconds(30);

    private bool _hit;
    private string? _victim;

    // A service is relayed by one silo, and the others never get to that point: who it is then is looked up, not drawn.
    private bool OfRelay => Process is null && Point == CrashPoint.AfterPublish;

    public override string What => $"{(OfRelay ? "the silo that relays orders" : Process ?? $"silo-{Silo}")} crashes at {Point} of {(Subject == "*" ? "any event" : Subject)}, time {Nth}";

    public override bool Hit => _hit;

    public override async Task<long> OwnedWork(Scene scene, CancellationToken cancel) => await OwnedBy(await Victim(scene, cancel), scene, cancel);

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var victim = await Victim(scene, cancel);
        scene.Lab.Edges.Order(victim, $"crash {Point} {Subject} {Nth}");
        for (var waited = Stopwatch.StartNew(); !_hit && waited.Elapsed < ReachedWithin;)
        {
            _hit = scene.Lab.Edges.Crashed(victim) is not null;
            if (!_hit) await Task.Delay(50, cancel);
        }

        // It must not crash again when it has come back.
        scene.Lab.Edges.Disarm(victim);
        var child = scene.Lab.Find(victim);
        while (_hit && child.State == ChildState.Running) await Task.Delay(20, cancel);
    }

    private async Task<string> Victim(Scene scene, CancellationToken cancel) =>
        _victim ??= OfRelay ? await Admin.HolderOf(scene.Lab, "order", "relay", cancel) : Process ?? Name(scene);
}

/// <summary>F2, F29: a process stands still, is declared dead, and wakes up.</summary>
internal sealed record Freeze(string Id, string? Process, int Silo) : SiloFault(Id, Silo, TimeSpan.FromSeconds(15))
{
    private int? _frozen;

    public override string What => $"{Process ?? $"silo-{Silo}"} is frozen for {Lasts.TotalSeconds:0} s";

    public override Task<long> OwnedWork(Scene scene, CancellationToken cancel) => OwnedBy(Process ?? Name(scene), scene, cancel);

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        _frozen = scene.Lab.Find(Process ?? Name(scene)).Pid;
        if (_frozen is { } id) Signals.Send(id, Signals.Stop);
        return Task.CompletedTask;
    }

    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        if (_frozen is { } id) Signals.Send(id, Signals.Continue);
        return Task.CompletedTask;
    }
}

/// <summary>F3: every silo is stopped and started, one after another.</summary>
internal sealed record RollingRestart() : SiloFault("F3", 1, TimeSpan.Zero)
{
    public override string What => "all silos are stopped and started one after another";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        foreach (var silo in scene.Lab.Silos)
        {
            await Supervisor.Drain(silo);
            silo.Resume();
            await silo.Reaches(ChildState.Running, cancel);
        }
    }
}

/// <summary>F4: silos come and go.</summary>
internal sealed record Elastic() : SiloFault("F4", 1, TimeSpan.Zero)
{
    public override string What => "the cluster is scaled to 5 silos, to 1, and back";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        await scene.Lab.Scale(5, cancel);
        await scene.Lab.Scale(1, cancel);
        await scene.Lab.Scale(scene.Lab.Setup.Silos, cancel);
    }
}

/// <summary>F23: a silo's clock is wrong.</summary>
internal sealed record WrongClock(int Silo, int Seconds) : SiloFault("F23", Silo, TimeSpan.FromSeconds(10))
{
    public override string What => $"the clock of silo-{Silo} is {Math.Abs(Seconds)} s {(Seconds > 0 ? "fast" : "slow")} for {Lasts.TotalSeconds:0} s";

    public override Task Inject(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Order(Name(scene), $"clock {Seconds}");
        return Task.CompletedTask;
    }

    public override Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.Edges.Order(Name(scene), "");
        return Task.CompletedTask;
    }
}

/// <summary>F25: a silo of another build works beside the others.</summary>
/// <param name="Silo">Which.</param>
/// <param name="Tree">The other build's tree; null for a copy of this one.</param>
internal sealed record OtherBuild(int Silo, string? Tree) : SiloFault("F25", Silo, TimeSpan.FromSeconds(10))
{
    // This program lies in artifacts/bin/Cli/release.
    private static readonly string Here = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    public override string What => $"silo-{Silo} runs off {Tree ?? "a copy of this build (name an older tree with --old-build)"} beside the others";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var tree = Tree ?? Path.Combine(scene.Lab.Folder.Root, "other-build");
        var beside = Path.Combine("artifacts", "bin", "Silo", "release");
        if (Tree is null) Copy(Path.Combine(Here, beside), Path.Combine(tree, beside));
        scene.Lab.UseBuild(Name(scene), tree);
        await Again(scene, cancel);
    }

    public override async Task Heal(Scene scene, CancellationToken cancel)
    {
        scene.Lab.UseBuild(Name(scene), Here);
        await Again(scene, cancel);
    }

    private async Task Again(Scene scene, CancellationToken cancel)
    {
        var silo = scene.Lab.Find(Name(scene));
        await Supervisor.Drain(silo);
        silo.Resume();
        await silo.Reaches(ChildState.Running, cancel);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (var folder in Directory.EnumerateDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

/// <summary>F27: a silo is told to end while the database is away; it must not wait for it.</summary>
internal sealed record StopWithoutDatabase(int Silo) : SiloFault("F27", Silo, TimeSpan.Zero)
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    public override string What => $"silo-{Silo} is told to end while PostgreSQL is away";

    public override async Task Inject(Scene scene, CancellationToken cancel)
    {
        var (database, silo) = (scene.Lab.Find("postgres"), scene.Lab.Find(Name(scene)));
        await database.Fell();
        var waited = Stopwatch.StartNew();
        if (silo.Pid is { } id) Signals.Send(id, Signals.Terminate);
        while (silo.State is ChildState.Running && waited.Elapsed < EndsWithin) await Task.Delay(50, cancel);
        if (silo.State is ChildState.Running)
        {
            scene.Findings.Add("F27-slow-stop", $"silo-{Silo} had not ended {waited.Elapsed.TotalSeconds:0} s after SIGTERM while PostgreSQL was away");
            await silo.Kill(cancel);
        }

        Output.Progress.Say($"      It had ended after {waited.Elapsed.TotalSeconds:0.0} s.");
        database.Resume();
        await database.Reaches(ChildState.Running, cancel);
    }
}
