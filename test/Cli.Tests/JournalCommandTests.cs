using Commerce.Cli.Output;
using Commerce.Kernel;
using Commerce.Silo.Journal.Sqlite;
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

    [Fact]
    public void What_is_no_stream_is_said() => Should.Throw<UsageException>(() => JournalCommand.NameOf("basket/t1/x"));

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
}
