using System.Collections.Concurrent;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Kit.Journal;
using Commerce.Orders;
using Commerce.Payments;
using Commerce.ServiceDefaults.Shards;
using Commerce.Silo.Composition;
using Commerce.Silo.Deadlines;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace Commerce.Kit.Cluster;

/// <summary>
/// Silos in this process with every grain, real serialization between them, one journal in memory, a clock the test moves and a payment provider
/// it steers. <c>await using var shop = await GrainCluster.Start();</c>
/// </summary>
public sealed class GrainCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly Attendance _attendance;

    private GrainCluster(InProcessTestCluster cluster, Attendance attendance) => (_cluster, _attendance) = (cluster, attendance);

    public MemoryJournal Journal { get; private init; } = null!;

    public TestTime Time { get; private init; } = null!;

    public TokenProvider Payments { get; private init; } = null!;

    public MemorySealer Sealer { get; private init; } = null!;

    public IGrainFactory Grains => _cluster.Client;

    /// <summary>Starts silos. Short terms keep the clock's jumps short: Orleans runs on the same clock, and hours of it are thousands of its own timers.</summary>
    public static async Task<GrainCluster> Start(short silos = 2, CheckoutTerms? terms = null, IOwnership? ownership = null)
    {
        var journal = new MemoryJournal();
        var time = new TestTime(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var (payments, sealer, attendance) = (new TokenProvider(), new MemorySealer(), new Attendance());
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IJournal>(journal).AddSingleton<TimeProvider>(time)
                .AddSingleton<IPaymentProvider>(payments).AddSingleton<ISealer>(sealer).AddSingleton(terms ?? new CheckoutTerms());
            if (ownership is not null) silo.Services.AddSingleton(ownership);
            silo.AddIncomingGrainCallFilter(attendance).OutliveMistakes().AddShards().AddCommerceGrains().AddSettlement().AddDeadlines(FeedStreams.Services);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GrainCluster(cluster, attendance) { Journal = journal, Time = time, Payments = payments, Sealer = sealer };
    }

    /// <summary>Kills the silo that hosts a grain's activation, or the last one.</summary>
    public Task KillOneSilo() => _cluster.KillSiloAsync(_cluster.Silos[^1]);

    /// <summary>A silo that comes; what was added to the cluster is known by all when it is here.</summary>
    public async Task AddOneSilo()
    {
        await _cluster.StartAdditionalSiloAsync(startAdditionalSiloOnNewPort: false);
        await _cluster.WaitForClusterManifestToStabilizeAsync();
    }

    /// <summary>The last silo goes, and hands over what it has.</summary>
    public async Task StopOneSilo()
    {
        await _cluster.StopSiloAsync(_cluster.Silos[^1]);
        await _cluster.WaitForClusterManifestToStabilizeAsync();
    }

    /// <summary>Where a grain is at home, as each silo sees it.</summary>
    public IEnumerable<SiloAddress> HomesOf(IAddressable grain) => _cluster.Silos.Select(silo =>
        _cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<ShardMap>().HomeOf(grain.GetGrainId())!).Distinct();

    /// <summary>Where it is alive.</summary>
    public async Task<IReadOnlyList<SiloAddress>> PlacesOf(IAddressable grain) =>
        [.. (await Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Where(one => one.GrainId == grain.GetGrainId()).Select(one => one.SiloAddress)];

    /// <summary>Order numbers come in blocks, to each silo its own; fetched before, no fetching of one comes between what a test has in mind.</summary>
    public async Task FetchOrderNumbers()
    {
        foreach (var silo in _cluster.Silos) await _cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<IOrderNumbers>().Next();
    }

    /// <summary>How many calls of a method have come as far as they do without waiting for anything.</summary>
    public int Begun(string method) => _attendance.Begun.GetValueOrDefault(method);

    /// <summary>Waits for a named condition; a call that meets a dying silo is simply made again.</summary>
    public static async Task Until(Func<Task<bool>> condition) => await Eventually(condition, static met => met);

    /// <summary>Moves the clock on, step by step, until a named condition holds.</summary>
    public Task AdvanceUntil(TimeSpan step, Func<Task<bool>> condition) => Until(() =>
    {
        Time.Advance(step);
        return condition();
    });

    /// <summary>Asks until the answer is as wanted, for at most a minute of real time.</summary>
    public static async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                var answer = await ask();
                if (wanted(answer)) return answer;
                patience.Token.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (Unavailability.Is(e) && !patience.IsCancellationRequested)
            {
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private sealed class Attendance : IIncomingGrainCallFilter
    {
        public ConcurrentDictionary<string, int> Begun { get; } = new(StringComparer.Ordinal);

        public Task Invoke(IIncomingGrainCallContext context)
        {
            var going = context.Invoke();
            Begun.AddOrUpdate(context.MethodName, 1, static (_, before) => before + 1);
            return going;
        }
    }
}
