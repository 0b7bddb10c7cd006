using System.Diagnostics.Metrics;
using Commerce.Analytics.ReadModels;
using Commerce.Analytics.ReadModels.Lag;
using Commerce.Kit.Journal;
using Commerce.Kit.Telemetry;
using Commerce.Tests.Storages;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static Commerce.Tests.Happenings;

namespace Commerce.Tests.Consumers;

public sealed class LagMeterTests() : StorageTests(OnSqlite)
{
    private readonly MemoryJournal _journal = new();

    [Fact]
    public async Task It_shows_what_each_service_is_behind_and_whether_it_stopped_and_nothing_that_is_not_known()
    {
        await using var shop = await EmbeddedShop.Start(Kept.Storage, _journal);
        await using var host = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var (clock, meters) = (new FakeTimeProvider(), host.GetRequiredService<IMeterFactory>());
        using var meter = new LagMeter(shop.Lag, clock, meters);
        using var measured = new Measured("commerce.projection.lag", meters);
        await meter.StartAsync(TestContext.Current.CancellationToken);
        measured.Now().ShouldBeEmpty("nobody has looked yet");

        var happened = Sale(new Happenings(), 0);
        await shop.Record(happened);
        await shop.CaughtUp();
        await Shows(clock, measured, [.. ProjectionFold.Services.Select(service => (service, false, 0.0))]);

        _journal.Down = true;
        await Shows(clock, measured);

        _journal.Down = false;
        shop.FailOver();
        await shop.Record(Sale(happened, 1));
        await Shows(clock, measured, [.. ProjectionFold.Services.Select(service => (service, true, 1.0))]);
        await meter.StopAsync(CancellationToken.None);
    }

    // One event in each feed.
    private static Happenings Sale(Happenings happened, int number) =>
        happened.Confirmed($"o{number}", "2010-12-01T08:00:00Z", Line("A", 1, 100)).Adjusted("A", "2010-12-01T08:00:00Z", 3);

    private static async Task Shows(FakeTimeProvider clock, Measured measured, params (string Service, bool Stopped, double Behind)[] expected)
    {
        while (true)
        {
            clock.Advance(LagMeter.Period);
            var shown = measured.Now();
            if (shown.Count == expected.Length && expected.All(one => measured.With(("service", one.Service), ("stopped", one.Stopped)).SequenceEqual([one.Behind]))) return;
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
