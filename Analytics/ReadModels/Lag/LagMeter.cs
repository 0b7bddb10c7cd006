using System.Diagnostics.Metrics;

namespace Commerce.Analytics.ReadModels.Lag;

/// <summary>Measures the lag of the projections, as <see cref="LagQuery"/> answers it: often enough for who looks every fifteen seconds.</summary>
internal sealed class LagMeter : BackgroundService
{
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly LagQuery _lag;
    private readonly TimeProvider _time;
    private volatile IReadOnlyList<ServiceLagBody> _last = [];

    public LagMeter(LagQuery lag, TimeProvider time, IMeterFactory meters)
    {
        (_lag, _time) = (lag, time);
        meters.Create("Commerce.Analytics").CreateObservableGauge("commerce.projection.lag", Measure, "{event}", "Events of a service's journal that the projections have not applied.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(static tick => tick.IsCompletedSuccessfully, TaskScheduler.Default))
        {
            try
            {
                _last = (await _lag.Ask()).Services;
            }
            catch (Exception)
            {
                // What is not known is not shown: an old figure would say that all is well.
                _last = [];
            }
        }
    }

    private IEnumerable<Measurement<long>> Measure() =>
        _last.Select(service => new Measurement<long>(service.Behind, new("service", service.Service), new("stopped", service.Stopped is not null)));
}
