using Commerce.Kernel;

namespace Commerce.Cli.Tests;

public sealed class JournalCommandTests
{
    [Theory]
    [InlineData("order/t1/1-1", "order", "order/t1/1-1")]
    [InlineData("stock/t1/A@main", "inventory", "stock/t1/A@main")]
    [InlineData("settlement/0", "order", "settlement/0")]
    [InlineData("order:settlement/0", "order", "settlement/0")]
    public void A_stream_is_named_as_verify_names_it(string text, string service, string stream) => JournalCommand.NameOf(text).ShouldBe(new StreamName(service, stream));
}
