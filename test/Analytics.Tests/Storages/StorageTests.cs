using Commerce.Analytics.Store;

namespace Commerce.Tests.Storages;

/// <summary>Tests of one store, run once on each storage: a class derived for each says which.</summary>
public abstract class StorageTests(Func<Task<TestStorage>> create) : IAsyncLifetime
{
    protected TestStorage Kept { get; private set; } = null!;

    protected AnalyticsStore Store { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Kept = await create();
        Store = Kept.Open();
    }

    public async ValueTask DisposeAsync()
    {
        Store.Dispose();
        await Kept.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static Func<Task<TestStorage>> OnSqlite => () => Task.FromResult<TestStorage>(new SqliteFolder());

    protected static Func<Task<TestStorage>> On(Postgres server) => async () => await server.Create();
}
