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

    [Fact]
    public void A_cursor_is_kept_with_its_last_event_and_goes_on_in_another_epoch()
    {
        _feeds.HappensInANewerProgram(new OrderIndex(_feeds.Store), "order/t1/one");
        var cursor = _feeds.Store.Cursor("order", 0);
        cursor.Event.ShouldNotBeNull();
        _feeds.Store.Adopt("order", 0, cursor with { Epoch = "e2" });
        _feeds.Reopen();
        _feeds.Store.Cursor("order", 0).ShouldBe(cursor with { Epoch = "e2" });
    }
}
