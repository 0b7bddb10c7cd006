using System.Collections.Immutable;
using Commerce.Feeds;
using Commerce.Gateway.Composition;
using Commerce.Gateway.ReadModels;

namespace Commerce.Gateway.Tests.ReadModels;

/// <summary>A read store of its own and a feed written by hand.</summary>
internal sealed class Feeds : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-readmodels-").FullName;
    private long _position;

    public Feeds() => Store = new ReadStore(Options);

    public GatewayOptions Options => new(_folder, "t");

    public ReadStore Store { get; private set; }

    public void Happens(IReadModel model, string stream, params object[] events) => Happens(model, stream, DateTimeOffset.UnixEpoch, events);

    public void Happens(IReadModel model, string stream, DateTimeOffset at, params object[] events) => Store.Apply(
        new FeedBatch(model.Service, 0, "e1", [.. events.Select(e => Recorded(model.Service, stream, at, e))]), model.Apply);

    /// <summary>A newer program beside this one has written an event of a type that this one does not know.</summary>
    public void HappensInANewerProgram(IReadModel model, string stream)
    {
        _position++;
        Store.Apply(
            new FeedBatch(model.Service, 0, "e1", [new RecordedEvent(
                model.Service, 0, _position, Guid.CreateVersion7(), stream, _position, $"{model.Service}.thought-of-later.v1", default, default, "system", null, null, null, "{}"u8.ToArray())]),
            model.Apply);
    }

    public void Reopen()
    {
        Store.Dispose();
        Store = new ReadStore(Options);
    }

    public void Dispose()
    {
        Store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private RecordedEvent Recorded(string service, string stream, DateTimeOffset at, object happened)
    {
        _position++;
        return new RecordedEvent(
            service, 0, _position, Guid.CreateVersion7(at), stream, _position, EventTypes.NameOf(happened.GetType()), at, at, "system", null, null, null,
            EventTypes.Write(happened));
    }
}
