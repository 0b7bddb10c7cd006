using System.Security.Cryptography;
using Commerce.Kernel;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Postgres;
using Commerce.Silo.Secrets;
using Commerce.Silo.Tests.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Commerce.Silo.Tests.Secrets;

/// <summary>The same ring on a service's database, which several silos share.</summary>
public sealed class PostgresKeyRingTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Anna = "customer/anna";

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private ServiceDatabases _databases = null!;

    public async ValueTask InitializeAsync() => _databases = await postgres.Journals(["customer", "order"]);

    public async ValueTask DisposeAsync()
    {
        await _databases.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_one_silo_sealed_another_opens()
    {
        using var first = await Open();
        using var second = await Open();
        var box = await first.Seal(Anna, "Anna");
        (await second.Open(box)).ShouldBe("Anna");
    }

    [Fact]
    public async Task Keys_that_are_asked_for_at_once_are_each_the_right_one()
    {
        using var first = await Open();
        using var second = await Open();
        var boxes = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => first.Seal($"order/{i}", $"{i}")));
        await first.Erase("order/7");

        var opened = await Task.WhenAll(boxes.Append(boxes[3]).Append(new Sealed<string>("order/none", boxes[0].Box)).Select(second.Open));

        opened.ShouldBe([.. Enumerable.Range(0, 40).Select(i => i == 7 ? null : $"{i}"), "3", null]);
    }

    [Fact]
    public async Task Two_silos_that_need_a_subjects_first_key_at_once_make_one()
    {
        using var first = await Open();
        using var second = await Open();
        var boxes = await Task.WhenAll(first.Seal(Anna, "a"), second.Seal(Anna, "b"));
        (await second.Open(boxes[0])).ShouldBe("a");
        (await first.Open(boxes[1])).ShouldBe("b");
    }

    [Fact]
    public async Task What_one_silo_erased_is_gone_for_the_others_within_the_minute_and_never_comes_back()
    {
        using var first = await Open();
        using var second = await Open();
        var box = await first.Seal(Anna, "Anna");
        (await second.Open(box)).ShouldBe("Anna");
        await first.Erase(Anna);
        (await first.Open(box)).ShouldBeNull();

        _time.Advance(KeyRing.SharedFor);
        (await second.Open(box)).ShouldBeNull();
        await Should.ThrowAsync<KeyDestroyedException>(() => second.Seal(Anna, "again"));
    }

    [Fact]
    public async Task Each_service_has_keys_of_its_own_under_one_master_key()
    {
        using var customer = await Open();
        using var order = await Open("order");
        var box = await customer.Seal(Anna, "Anna");
        (await order.Open(box)).ShouldBeNull();
        await order.Seal(Anna, "Anna");
        await Should.ThrowAsync<CryptographicException>(() => order.Open(box));
        Directory.GetFiles(_folder["secrets"]).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Another_master_key_is_refused_with_the_cure()
    {
        using (var ring = await Open()) await ring.Seal(Anna, "Anna");
        File.Delete(_folder["secrets/master.key"]);
        (await Should.ThrowAsync<DataFolderException>(() => Open())).Message.ShouldContain("put it back");
        File.WriteAllText(_folder["secrets/master.key"], Convert.ToBase64String(new byte[32]));
        (await Should.ThrowAsync<DataFolderException>(() => Open())).Message.ShouldContain("does not fit the database of customer");
    }

    [Fact]
    public async Task A_silo_that_came_while_its_database_was_away_opens_its_ring_when_it_is_back()
    {
        var connection = new NpgsqlConnectionStringBuilder(_databases.ConnectionOf("order")) { Database = $"later_{Guid.NewGuid():N}" };
        await using var databases = new ServiceDatabases(new Dictionary<string, string> { ["order"] = connection.ToString() });
        var sealer = new ServiceSealer(databases, _folder["secrets"], null!, _time, NullLogger<KeyRing>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Should.ThrowAsync<DependencyUnavailableException>(() => sealer.Of("order"))));

        await PostgresFixture.Run(await postgres.Admin(), $"create database {connection.Database} template template_journal");

        var rings = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => sealer.Of("order")));
        rings.Distinct().ShouldHaveSingleItem();
        (await rings[0].Open(await rings[0].Seal(Anna, "Anna"))).ShouldBe("Anna");
    }

    private Task<KeyRing> Open(string service = "customer") =>
        KeyRing.Open(_databases.Of(service), service, _folder["secrets"], _time, NullLogger<KeyRing>.Instance);
}
