using Commerce.Cli.Chaos;
using Commerce.Cli.Output;

namespace Commerce.Cli.Tests.Chaos;

public sealed class SelfTestTests
{
    [Fact]
    public void A_promise_nobody_takes_away_is_named() => Should.Throw<UsageException>(() => SelfTest.Chosen("fences")).Message.ShouldContain("fence, cursor-last");
}
