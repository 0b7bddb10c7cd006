using Commerce.Feeds;
using Commerce.Gateway.ReadModels;

namespace Commerce.Gateway.Tests.ReadModels;

public sealed class ReadStoreTests : IDisposable
{
    private readonly Feeds _feeds = new();

    public void Dispose() => _feeds.Dispose();

    [Theory]
    [InlineData(0), InlineData(8_192)]
    public void A_damaged_file_is_made_anew(int from)
    {
        _feeds.HappensInANewerProgram(new OrderIndex(_feeds.Store), "order/t1/one");
        _feeds.Reopen();
        _feeds.Store.Cursor("order", 0).Position.ShouldBe(1);

        _feeds.Store.Dispose();
        using (var file = File.OpenWrite(Path.Combine(_feeds.Options.DataDir, "gateway.db")))
        {
            file.Position = from;
            file.Write([.. Enumerable.Repeat((byte)'x', (int)file.Length - from)]);
        }

        _feeds.Reopen();
        _feeds.Store.Cursor("order", 0).ShouldBe(FeedCursor.Start);
        _feeds.HappensInANewerProgram(new OrderIndex(_feeds.Store), "order/t1/one");
        _feeds.Store.Cursor("order", 0).Position.ShouldBe(2);
    }
}
