using Commerce.Cli.Bench.Load;

namespace Commerce.Cli.Tests.Bench;

public sealed class SkusTests
{
    [Fact]
    public void Baskets_hold_five_and_a_half_products_on_the_average_and_none_twice()
    {
        var dice = new Random(1);
        var baskets = Enumerable.Range(0, 20_000).Select(_ => Skus.Uniform.Basket(dice)).ToList();

        baskets.Average(basket => basket.Length).ShouldBe(5.5, 0.1);
        baskets.ShouldAllBe(basket => basket.Length >= 1 && basket.Length <= 10 && basket.Distinct().Count() == basket.Length);
    }

    [Fact]
    public void By_zipf_the_first_is_wanted_about_twice_as_often_as_the_second()
    {
        var dice = new Random(1);
        var wanted = Enumerable.Range(0, 200_000).Select(_ => Skus.Zipf.Next(dice)).CountBy(sku => sku).ToDictionary();

        ((double)wanted[Skus.Name(0)] / wanted[Skus.Name(1)]).ShouldBe(Math.Pow(2, 0.99), 0.1);
    }

    [Fact]
    public void The_same_seed_wants_the_same() =>
        Skus.Zipf.Basket(new Random(7)).ShouldBe(Skus.Zipf.Basket(new Random(7)));
}
