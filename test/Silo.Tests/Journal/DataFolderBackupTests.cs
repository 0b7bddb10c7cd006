using Commerce.Kernel;
using Commerce.Payments;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Silo.Payments;
using Commerce.Silo.Secrets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Silo.Tests.Journal;

/// <summary>A backup is one moment of a shop, taken while it sells.</summary>
public sealed class DataFolderBackupTests : IDisposable
{
    private readonly TemporaryFolder _shop = new();
    private readonly TemporaryFolder _elsewhere = new();

    public void Dispose()
    {
        _shop.Dispose();
        _elsewhere.Dispose();
    }

    [Fact]
    public async Task A_backup_under_load_is_whole_and_fits_the_providers_ledger()
    {
        const int Orders = 16;
        var (backup, restored) = (_elsewhere["backup"], _elsewhere["restored"]);
        var busy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        using (var journal = SqliteJournalTests.Open(_shop["journal.db"]))
        using (var provider = SandboxProvider.Open(_shop["psp.db"], NullLogger<SandboxProvider>.Instance))
        {
            var paid = 0;

            // As a payment does it: first recorded as intended, then done, then recorded as done.
            var payments = Enumerable.Range(0, Orders).Select(async order =>
            {
                var script = new Script(Payment(order));
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    await journal.Append(script.Append($"want-{i}"));
                    await provider.Execute(
                        new($"{order}-{i}", $"t1/{order}", OperationKind.Authorise, new Money(100, Currency.GBP), "tok_ok", null), CancellationToken.None);
                    await journal.Append(script.Append($"done-{i}"));
                    if (Interlocked.Increment(ref paid) == 200) busy.TrySetResult();
                }
            }).ToList();
            await busy.Task;
            DataFolderBackup.Backup(_shop.Path, backup);
            await stop.CancelAsync();
            await Task.WhenAll(payments);
        }

        DataFolderBackup.Restore(backup, restored, TimeProvider.System);
        using var found = SqliteJournalTests.Open(Path.Combine(restored, "journal.db"));
        var feed = (await found.ReadFeed("payment", 0, 0, int.MaxValue)).Events;
        feed.Count.ShouldBeGreaterThanOrEqualTo(400);
        feed.Select(e => e.Position).ShouldBe(Enumerable.Range(1, feed.Count).Select(i => (long)i));
        foreach (var stream in feed.GroupBy(e => e.Stream)) stream.Select(e => e.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(i => (long)i));

        var ledger = SandboxLedger.Read(Path.Combine(restored, "psp.db")).Select(operation => operation.Key).ToHashSet();
        var said = feed.ToLookup(e => e.Causation!.Split('-')[0], e => $"{e.Stream.Split('/')[2]}-{e.Causation!.Split('-')[1]}");
        said["done"].Except(ledger).ShouldBeEmpty();
        ledger.Except(said["want"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_restored_shop_goes_on_in_another_epoch_and_opens_what_was_sealed()
    {
        var (backup, restored) = (_elsewhere["backup"], _elsewhere["restored"]);
        var script = new Script(Payment(1));
        string epoch;
        Sealed<string> box;
        using (var journal = SqliteJournalTests.Open(_shop["journal.db"]))
        using (var ring = KeyRing.Open(_shop["keys.db"], _shop["secrets"], NullLogger<KeyRing>.Instance))
        {
            await journal.Append(script.Append());
            box = await ring.Seal("customer/anna", "Anna");
            epoch = (await journal.Head("payment", 0)).Epoch;
            DataFolderBackup.Backup(_shop.Path, backup);
        }

        var changed = DataFolderBackup.Restore(backup, restored, TimeProvider.System);
        using var found = SqliteJournalTests.Open(Path.Combine(restored, "journal.db"));
        using var keys = KeyRing.Open(Path.Combine(restored, "keys.db"), Path.Combine(restored, "secrets"), NullLogger<KeyRing>.Instance);
        changed.ShouldNotBe(epoch);
        (await found.Head("payment", 0)).Epoch.ShouldBe(changed);
        (await found.Append(script.Append())).ShouldBe(AppendOutcome.Committed);
        (await keys.Open(box)).ShouldBe("Anna");
    }

    [Fact]
    public void Where_its_payments_are_and_what_time_it_is_go_with_a_shop()
    {
        using (SqliteJournalTests.Open(_shop["journal.db"])) { }
        Directory.CreateDirectory(Path.GetDirectoryName(DataFolder.SimulatorOf(_shop.Path))!);
        using (var ledger = new Commerce.PspSimulator.Ledger(Path.GetDirectoryName(DataFolder.SimulatorOf(_shop.Path))!)) ledger.Set("here", "it is");
        File.WriteAllText(DataFolder.PaymentsOf(_shop.Path), "{\"Provider\":\"simulator\"}");
        File.WriteAllText(_shop["test-clock"], "01:00:00");
        var (backup, restored) = (_elsewhere["backup"], _elsewhere["restored"]);

        DataFolderBackup.Backup(_shop.Path, backup);
        DataFolderBackup.Restore(backup, restored, TimeProvider.System);

        File.ReadAllText(DataFolder.PaymentsOf(restored)).ShouldBe("{\"Provider\":\"simulator\"}");
        File.ReadAllText(Path.Combine(restored, "test-clock")).ShouldBe("01:00:00");
        using var found = new Commerce.PspSimulator.Ledger(Path.GetDirectoryName(DataFolder.SimulatorOf(restored))!);
        found.Setting("here").ShouldBe("it is");
    }

    [Fact]
    public void A_backup_that_was_not_finished_is_not_restored_and_neither_is_a_half_restored_one_a_shop()
    {
        using (SqliteJournalTests.Open(_shop["journal.db"])) { }
        // The keys come last, and are what it takes to read what was sealed.
        File.WriteAllText(_shop["keys.db"], new string('?', 4096));

        Should.Throw<DataFolderException>(() => DataFolderBackup.Backup(_shop.Path, _elsewhere["half"])).Message.ShouldContain(_shop["keys.db"]);
        Should.Throw<DataFolderException>(() => DataFolderBackup.Restore(_elsewhere["half"], _elsewhere["restored"], TimeProvider.System)).Message.ShouldContain("not finished");

        File.Delete(_shop["keys.db"]);
        DataFolderBackup.Backup(_shop.Path, _elsewhere["whole"]);
        File.WriteAllText(Path.Combine(_elsewhere["whole"], "keys.db"), new string('?', 4096));
        Should.Throw<DataFolderException>(() => DataFolderBackup.Restore(_elsewhere["whole"], _elsewhere["restored"], TimeProvider.System));
        File.Exists(DataFolder.JournalOf(_elsewhere["restored"])).ShouldBeFalse();
    }

    [Fact]
    public void What_cannot_be_written_is_named_by_its_own_name()
    {
        using (SqliteJournalTests.Open(_shop["journal.db"])) { }
        // A longer path than SQLite opens.
        var target = _elsewhere[string.Join(Path.DirectorySeparatorChar, Enumerable.Repeat(new string('x', 200), 4))];

        Should.Throw<DataFolderException>(() => DataFolderBackup.Backup(_shop.Path, target)).Message.ShouldContain(target);
    }

    [Fact]
    public void A_backup_never_writes_over_anything()
    {
        using (SqliteJournalTests.Open(_shop["journal.db"])) { }
        File.WriteAllText(_elsewhere["something"], "precious");
        Should.Throw<DataFolderException>(() => DataFolderBackup.Backup(_shop.Path, _elsewhere.Path)).Message.ShouldContain("not empty");
        DataFolderBackup.Backup(_shop.Path, _elsewhere["backup"]);
        Should.Throw<DataFolderException>(() => DataFolderBackup.Restore(_elsewhere["backup"], _shop.Path, TimeProvider.System)).Message.ShouldContain("not empty");
    }

    [Fact]
    public void What_is_no_shop_and_no_backup_is_said_so()
    {
        Should.Throw<DataFolderException>(() => DataFolderBackup.Backup(_shop.Path, _elsewhere["backup"])).Message.ShouldContain("holds no shop");
        Should.Throw<DataFolderException>(() => DataFolderBackup.Restore(_shop.Path, _elsewhere["shop"], TimeProvider.System)).Message.ShouldContain("holds no backup");
    }

    private static StreamName Payment(int order) => new("payment", $"payment/t1/{order}");
}
