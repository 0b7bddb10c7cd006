using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams.RabbitMQ.Diagnostics;

namespace Orleans.Streams.RabbitMQ.Balancing;

/// <summary>
/// Deals the queues to the live silos that announce the provider. Orleans' own balancers deal to every silo of the cluster, and a queue
/// dealt to one without the provider is never read. Two silos may see the cluster differently for a moment and both read a queue; the
/// broker then lets one of them (single active consumer).
/// </summary>
internal sealed class AnnouncedQueueBalancer : QueueBalancerBase
{
    private readonly IClusterManifestProvider _manifests;
    private readonly string _provider;
    private readonly bool _toHostsOnly;
    private readonly Lock _gate = new();
    private HashSet<SiloAddress> _active = [];
    private List<QueueId> _all = [];
    private List<QueueId> _mine = [];
    private (int Hosts, int Silos) _among;
    private Task _watching = Task.CompletedTask;

    public AnnouncedQueueBalancer(IServiceProvider services, string provider, bool toHostsOnly)
        : base(services, services.GetRequiredService<ILogger<AnnouncedQueueBalancer>>()) =>
        (_manifests, _provider, _toHostsOnly) = (services.GetRequiredService<IClusterManifestProvider>(), provider, toHostsOnly);

    public override IEnumerable<QueueId> GetMyQueues()
    {
        lock (_gate)
            return _mine;
    }

    public override async Task Initialize(IStreamQueueMapper queueMapper)
    {
        _all = [.. queueMapper.GetAllQueues()];
        await base.Initialize(queueMapper);
        using (ExecutionContext.SuppressFlow())
            _watching = WatchManifests();
    }

    public override async Task Shutdown()
    {
        await base.Shutdown();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override void OnClusterMembershipChange(HashSet<SiloAddress> activeSilos)
    {
        lock (_gate)
            _active = activeSilos;
        DealAgain();
    }

    private async Task WatchManifests()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await foreach (var _ in _manifests.Updates.WithCancellation(Cancellation))
            DealAgain();
    }

    private void DealAgain()
    {
        lock (_gate)
        {
            var silos = _manifests.Current.Silos.Where(s => _active.Contains(s.Key)).ToList();
            var hosts = silos.Where(s => !_toHostsOnly || ProviderAnnouncement.Announces(s.Value, _provider)).Select(s => s.Key).ToList();
            var dealt = Deal.QueuesOf(SiloAddress, _all, hosts);
            var same = dealt.SequenceEqual(_mine);
            if (same && _among == (hosts.Count, silos.Count))
                return;
            (_mine, _among) = (dealt, (hosts.Count, silos.Count));
            Log.Dealt(Logger, _provider, dealt.Count, _all.Count, hosts.Count, silos.Count);
            if (same)
                return;
        }

        _ = Notify();
    }

    private async Task Notify()
    {
        try
        {
            await NotifyListeners();
        }
        catch (Exception e)
        {
            Log.BalancerFailed(Logger, _provider, e);
        }
    }
}
