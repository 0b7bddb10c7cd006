using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;
using Microsoft.Data.Sqlite;

namespace Commerce.Tests.Store;

public sealed class SqliteStorageTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_crash_at_any_moment_leaves_effect_and_cursor_together()
    {
        var happened = AnalyticsStoreTests.Month(Enumerable.Range(0, 60).Select(i => (i % 7, i, 1 + i)));
        using var store = AnalyticsStore.Open(_folder.Path);
        foreach (var service in ProjectionFold.Services)
        {
            for (var position = 1; position <= happened.Feed(service).Count; position++)
            {
                await store.Apply(happened.Run(service, position, position));
                using var crashed = _folder.Copy();
                using var reopened = AnalyticsStore.Open(crashed.Path);
                (await reopened.Fingerprint()).Checksums.ShouldBe(AnalyticsStoreTests.Folded(happened, await reopened.Cursor("order", 0), await reopened.Cursor("inventory", 0)));
                (await reopened.Cursor(service, 0)).Position.ShouldBe(position);
            }
        }
    }

    [Fact]
    public void A_file_of_a_newer_version_is_refused_with_the_cure()
    {
        AnalyticsStore.Open(_folder.Path).Dispose();
        using (var db = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, AnalyticsStore.FileName)};Pooling=False"))
        {
            db.Open();
            using var newer = new SqliteCommand("pragma user_version = 99", db);
            newer.ExecuteNonQuery();
        }

        Should.Throw<InvalidOperationException>(() => AnalyticsStore.Open(_folder.Path)).Message.ShouldContain("newer version");
    }

    [Fact]
    public void A_damaged_file_is_refused_with_the_cure()
    {
        File.WriteAllText(Path.Combine(_folder.Path, AnalyticsStore.FileName), new string('x', 8_192));
        Should.Throw<InvalidOperationException>(() => AnalyticsStore.Open(_folder.Path)).Message.ShouldContain("delete the file");
    }

    [Theory]
    [InlineData(0), InlineData(4_096)]
    public async Task What_is_damaged_is_told_with_the_cure_to_who_only_reads(int from)
    {
        var happened = AnalyticsStoreTests.Month(Enumerable.Range(0, 60).Select(i => (i % 7, i, 1 + i)));
        using (var store = AnalyticsStore.Open(_folder.Path)) await store.Apply(happened.Run("order", 1, happened.Feed("order").Count));
        using (var file = File.OpenWrite(Path.Combine(_folder.Path, AnalyticsStore.FileName)))
        {
            file.Position = from;
            file.Write(Enumerable.Repeat((byte)'x', (int)file.Length - from).ToArray());
        }

        (await Should.ThrowAsync<AnalyticsStoreException>(Fingerprint)).Message.ShouldContain("delete the file");
    }

    [Fact]
    public async Task An_empty_file_holds_nothing_yet()
    {
        File.WriteAllText(Path.Combine(_folder.Path, AnalyticsStore.FileName), "");
        (await Fingerprint()).ShouldBeNull();
    }

    private Task<Fingerprint?> Fingerprint() => AnalyticsStore.ReadFingerprint(AnalyticsStorage.Sqlite(_folder.Path));
}
