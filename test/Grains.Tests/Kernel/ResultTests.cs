using Commerce.Kernel;

namespace Commerce.Grains.Tests.Kernel;

public sealed class ResultTests
{
    [Fact]
    public void A_log_can_be_told_of_any_and_is_told_no_value()
    {
        new Result<Person>(new Person("1 High Street")).ToString().ShouldBe("accepted Person");
        new Result<Person>(new Refusal("not-found", "There is no such person.")).ToString().ShouldBe("refused not-found");
    }

    private sealed record Person(string Address);
}
