using Commerce.Kernel;
using Shouldly;
using Xunit;

namespace Commerce.Grains.Tests.Kernel;

public sealed class EventIdsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void An_id_is_a_uuid_of_version_7_that_says_when_it_was_made()
    {
        var (id, known) = (EventIds.Next(Now), Guid.CreateVersion7(Now));

        (id.Version, id.Variant & 0xc).ShouldBe((7, 8));
        id.ToString()[..13].ShouldBe(known.ToString()[..13]);
    }

    [Fact]
    public void No_two_are_alike() => Enumerable.Range(0, 5_000).Select(_ => EventIds.Next(Now)).Distinct().Count().ShouldBe(5_000);
}
