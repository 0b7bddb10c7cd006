using Commerce.Analytics.Consumers;
using Commerce.Analytics.Store;
using Commerce.Feeds;

namespace Commerce.Analytics.ReadModels.Lag;

/// <summary>How far are these figures behind?</summary>
internal sealed class LagQuery(AnalyticsStore store, IGrainFactory grains, TimeProvider time)
{
    public async Task<LagBody> Ask()
    {
        // Heads first: what is applied after that can only make the answer better than it says.
        var heads = await Task.WhenAll(ProjectionFold.Services.Select(service => grains.Feed(service, 0).Head()));
        var stopped = await Task.WhenAll(ProjectionFold.Services.Select(service => grains.GetGrain<IProjectionGrain>(FeedStreams.Key(service, 0)).Stopped()));
        var cursors = await store.Read(db => new ProjectionTables(db).Cursors());
        var services = ProjectionFold.Services.Select((service, i) =>
        {
            var applied = cursors.FirstOrDefault(cursor => cursor.Service == service);
            var position = applied?.Position ?? 0;
            var behind = Math.Max(0, heads[i].Position - position);
            var seconds = behind == 0 ? 0 : (long?)(applied is null ? null : (long)Math.Max(0, (time.GetUtcNow() - applied.RecordedAt).TotalSeconds));
            return new ServiceLagBody(service, 0, heads[i].Epoch, position, heads[i].Position, behind, seconds, stopped[i]);
        }).ToList();
        return new LagBody(services.All(service => service.Behind == 0 && service.Stopped is null), services);
    }
}

/// <summary>How far the projections are behind.</summary>
/// <param name="CaughtUp">Whether everything recorded when the question was asked has been applied.</param>
/// <param name="Services">Per feed that the projections read.</param>
public sealed record LagBody(bool CaughtUp, IReadOnlyList<ServiceLagBody> Services);

/// <summary>How far one feed has been applied.</summary>
/// <param name="Service">Whose feed.</param>
/// <param name="Partition">Which partition of it.</param>
/// <param name="Epoch">The journal's epoch.</param>
/// <param name="Position">Position of the last event applied.</param>
/// <param name="Head">Position of the last event recorded.</param>
/// <param name="Behind">Events in between.</param>
/// <param name="Seconds">0 when none are; else the age of the last event applied; absent when none was.</param>
/// <param name="Stopped">Why the consumer has stopped, if it has.</param>
public sealed record ServiceLagBody(string Service, int Partition, string Epoch, long Position, long Head, long Behind, long? Seconds, string? Stopped);
