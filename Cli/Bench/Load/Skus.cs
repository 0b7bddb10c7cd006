using System.Globalization;

namespace Commerce.Cli.Bench.Load;

/// <summary>Which product a shopper takes next.</summary>
internal abstract class Skus
{
    /// <summary>Products of a measured shop.</summary>
    public const int Count = 10_000;

    /// <summary>The product of a flash sale.</summary>
    public const string Flash = "SKU-FLASH";

    private const int MostLines = 10;

    private static readonly string[] Names = [.. Enumerable.Range(1, Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"SKU-{i:00000}"))];

    public static string Name(int number) => Names[number];

    public abstract string Next(Random dice);

    /// <summary>A cart of 1 to 10 different products, 5.5 on the average.</summary>
    public string[] Basket(Random dice)
    {
        var wanted = dice.Next(1, MostLines + 1);
        var basket = new List<string>(wanted);
        while (basket.Count < wanted)
        {
            if (Next(dice) is var sku && !basket.Contains(sku)) basket.Add(sku);
        }

        return [.. basket];
    }

    /// <summary>All alike.</summary>
    public static Skus Uniform { get; } = new All();

    /// <summary>The k-th most wanted is wanted 1/k^0.99 as often as the first.</summary>
    public static Skus Zipf { get; } = new Ranked(0.99);

    private sealed class All : Skus
    {
        public override string Next(Random dice) => Names[dice.Next(Count)];
    }

    private sealed class Ranked : Skus
    {
        private readonly double[] _upTo = new double[Count];

        public Ranked(double exponent)
        {
            var sum = 0.0;
            for (var i = 0; i < Count; i++) _upTo[i] = sum += 1 / Math.Pow(i + 1, exponent);
        }

        public override string Next(Random dice)
        {
            var at = Array.BinarySearch(_upTo, dice.NextDouble() * _upTo[^1]);
            return Names[Math.Min(at < 0 ? ~at : at, Count - 1)];
        }
    }
}
