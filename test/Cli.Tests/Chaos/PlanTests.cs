using Commerce.Cli.Chaos;
using Commerce.Cli.Chaos.Faults;
using Commerce.Cli.Chaos.Load;
using Commerce.Cli.Output;
using Commerce.Kernel;

namespace Commerce.Cli.Tests.Chaos;

public sealed class PlanTests
{
    private static readonly Circumstances Three = new(3, null, 15, 10, null);

    [Fact]
    public void The_same_seed_makes_the_same_plan() => Said(7).ShouldBe(Said(7));

    [Fact]
    public void Another_seed_makes_another_plan() => Said(7).ShouldNotBe(Said(8));

    [Fact]
    public void The_first_pass_has_every_fault_once_and_the_absent_broker_first()
    {
        var pass = Plan.Of(3, Catalogue.Ids, Three).Take(Catalogue.Ids.Count).Select(fault => fault.Id).ToList();
        pass.Order().ShouldBe(Catalogue.Ids.Order());
        pass[0].ShouldBe("F15");
    }

    [Fact]
    public void Every_fault_of_the_specification_is_there_but_certificates() =>
        Catalogue.Ids.ShouldBe(Enumerable.Range(1, 29).Where(number => number != 24).Select(number => $"F{number}"));

    [Fact]
    public void Every_trouble_asked_of_the_provider_is_one_the_simulator_knows() => ProviderFaults.Troubles.Order().ShouldBe(PspSimulator.Plan.Known.Order());

    [Fact]
    public void A_fault_nobody_knows_is_named() => Should.Throw<UsageException>(() => Catalogue.Chosen("F1,F99")).Message.ShouldContain("F99");

    [Fact]
    public void The_matrix_has_every_crash_point() => Matrix.All.Select(cell => cell.Point).Distinct().Order().ShouldBe(CrashPoint.Names.Order());

    /// <summary>13 to 19 digits, also parted by dashes, may be a card's number, and a SKU that looks so is refused: by chance, for one seed in ten.</summary>
    [Fact]
    public void No_SKU_of_the_matrix_can_be_taken_for_a_card_number() =>
        Matrix.Sku(Life.Short, Matrix.RunName(int.MaxValue, Matrix.All.Count, 2), 20).ShouldNotMatch("([0-9][ -]?){13}");

    private static List<string> Said(int seed) => [.. Plan.Of(seed, Catalogue.Ids, Three).Take(60).Select(fault => $"{fault.Id} {fault.What}")];
}
