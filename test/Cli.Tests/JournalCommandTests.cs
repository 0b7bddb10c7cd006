using System.Text.Json;
using Commerce.Cli.Output;
using Commerce.Feeds;
using Commerce.Kernel;
using Commerce.Orders;
using Commerce.Silo.Journal;
using Commerce.Silo.Journal.Sqlite;
using Commerce.Tests.Verify;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Commerce.Cli.Tests;

public sealed class JournalCommandTests
{
    [Theory]
    [InlineData("order/t1/0123456789abcdef0123456789abcdef-1", "order", "order/t1/0123456789abcdef0123456789abcdef-1")]
    [InlineData("stock/t1/A@main", "inventory", "stock/t1/A@main")]
    [InlineData("settlement/0", "order", "settlement/0")]
    [InlineData("order:settlement/0", "order", "settlement/0")]
    [InlineData("cart/t1/cart_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "cart", "cart/t1/.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData("cart/t1/.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu", "cart", "cart/t1/.7LUuaPVP7KYm_T4ubQtMkrl_BUsxDlZu")]
    [InlineData("cart/t1/AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "cart", "cart/t1/AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")]
    public void A_stream_is_found_by_its_name_and_a_carts_by_the_id_its_shopper_has(string asked, string service, string stream) =>
        JournalCommand.NameOf(asked).ShouldBe(new StreamName(service, stream));

    [Theory]
    [InlineData("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.0000000+00:00"), InlineData("2026-01-31T13:00:00.25+01:00", "2026-01-31T12:00:00.2500000+00:00")]
    [InlineData("2026-01-31T12:00:00", "2026-01-31T12:00:00.0000000+00:00"), InlineData("2026-01-31", "2026-01-31T00:00:00.0000000+00:00")]
    public void A_time_is_one_instant_whatever_the_machine(string text, string instant) => $"{JournalCommand.TimeOf(text):O}".ShouldBe(instant);

    [Theory]
    [InlineData("12:00"), InlineData("1/2"), InlineData("01/31/2026"), InlineData("January"), InlineData("2026-01-31 12:00:00Z"), InlineData("2026-02-30"), InlineData("2026-01-31T25:00:00Z")]
    public void What_is_no_time_is_said_with_those_that_are(string text) =>
        Should.Throw<UsageException>(() => JournalCommand.TimeOf(text)).Message.ShouldSatisfyAllConditions(said => said.ShouldContain(text), said => said.ShouldContain("2026-01-31T12:00:00Z"), said => said.ShouldContain("2026-01-31."));

    [Fact]
    public void What_is_no_stream_is_said() => Should.Throw<UsageException>(() => JournalCommand.NameOf("basket/t1/x"));

    [Theory]
    [InlineData("update events set type = 'order.unheard-of.v1' where version = 2", "Version 2 of order/", "not known")]
    [InlineData("update events set data = x'7b' where version = 2", "Version 2 of order/", "")]
    [InlineData("update events set data = x'7b' where version = 1", "Version 1 of order/", "")]
    [InlineData("delete from events where version = 1", "has no version 1", "damaged")]
    public async Task An_order_that_cannot_be_told_is_a_sentence_that_names_the_event(string damage, string named, string why)
    {
        var folder = Directory.CreateTempSubdirectory("commerce-damaged-");
        try
        {
            var order = Keys.Order(Story.Order("sold"));
            var told = Story.OfThreeOrders().Happened.OfType<RecordedEvent>().Where(recorded => recorded.Stream == $"order/{order}").Select(recorded => new NewEvent(recorded.Id, recorded.Type, recorded.Data));
            var file = Path.Combine(folder.FullName, "journal.db");
            using (var journal = SqliteJournal.Open(file, TimeProvider.System, NullLogger<SqliteJournal>.Instance))
                await journal.Append(new Append(new StreamName("order", $"order/{order}"), Guid.Empty, 0, [.. told], CommandKey.None, Story.Now, Story.Now, null, new Envelope("system", null, null)));
            string[] explain = ["journal", "explain", $"order/{order}", "--json", "--data", folder.FullName];
            (await CommandLine.Run(explain)).ShouldBe(ExitCode.Ok);
            Execute(file, damage);

            (await CommandLine.Run(explain)).ShouldBe(ExitCode.CheckFailed);
            (await CommandLine.Run(["journal", "show", $"order/{order}", "--json", "--data", folder.FullName])).ShouldBe(ExitCode.Ok);

            using var damaged = JournalFile.Open(folder.FullName);
            Should.Throw<CheckFailedException>(() => ExplainCommand.Whole(damaged.Stream(new("order", $"order/{order}")))).Message.ShouldSatisfyAllConditions(said => said.ShouldContain(named), said => said.ShouldContain(why));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Data_that_is_no_json_is_shown_as_it_is() => JournalCommand.Data([(byte)'{']).ShouldBe("{");

    [Fact]
    public async Task A_shop_in_one_process_has_one_epoch_and_gets_another_when_told()
    {
        var folder = Directory.CreateTempSubdirectory("commerce-epoch-");
        try
        {
            await Should.ThrowAsync<MissingException>(() => JournalCommand.Epochs(folder.FullName, change: true));
            using (SqliteJournal.Open(Path.Combine(folder.FullName, "journal.db"), TimeProvider.System, NullLogger<SqliteJournal>.Instance)) { }

            var before = (await JournalCommand.Epochs(folder.FullName, change: false)).Values.Distinct().ShouldHaveSingleItem();
            var changed = (await JournalCommand.Epochs(folder.FullName, change: true)).Values.Distinct().ShouldHaveSingleItem();
            changed.ShouldNotBe(before);
            (await JournalCommand.Epochs(folder.FullName, change: false)).Values.Distinct().ShouldBe([changed]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Execute(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
