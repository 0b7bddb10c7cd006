using System.Runtime.CompilerServices;
using Commerce.Feeds;

namespace Commerce.Orders;

/// <summary>The process as people read it is the process as it runs.</summary>
public sealed class CheckoutTableTests
{
    private const string Document = "docs/checkout.md", Begin = "<!-- table -->\n", End = "<!-- end of table -->";

    [Fact]
    public void The_table_in_the_documents_is_what_the_rules_do()
    {
        var text = File.ReadAllText(Path.Combine(Root(), Document)).ReplaceLineEndings("\n");
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));

        var table = CheckoutTable.Markdown(new CheckoutTerms()).Trim();
        (text[begin..end].Trim() == table).ShouldBeTrue($"{Document} is out of date; './commerce journal explain' prints the table that belongs in it:\n{table}");
    }

    [Fact]
    public void Every_event_of_an_order_is_in_the_table()
    {
        var shown = CheckoutTable.Rows(new CheckoutTerms()).SelectMany(row => row.Recorded.Split(", ")).ToHashSet();
        // What only a person brings about is said by the table's rows for fulfilment as a whole.
        string[] elsewhere = ["delivered"];

        EventTypes.Names.Where(name => name.StartsWith("order.", StringComparison.Ordinal)).Select(name => name[6..^3]).Except(elsewhere).Where(name => !shown.Contains(name)).ShouldBeEmpty();
    }

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../.."));
}
