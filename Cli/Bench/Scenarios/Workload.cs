using Commerce.Cli.Bench.Load;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>What one round of one side is played on.</summary>
internal sealed record Stage(Generator Generator, Terms Terms, Random Dice, KeyMaker Keys, CancellationToken Cancel);

/// <summary>A kind of load: what comes before the clock runs, and what is measured.</summary>
internal abstract class Workload
{
    /// <summary>Orders that were answered as confirmed, warm-up included.</summary>
    public long Acknowledged { get; private set; }

    public abstract Task Prepare(Stage stage);

    public abstract Task<Tally> Measure(Stage stage);

    protected void Acknowledge(long orders) => Acknowledged += orders;

    /// <summary>Loads a side until it is warm.</summary>
    protected static async Task WarmUp(Stage stage, Func<TimeSpan, Task<Tally>> play)
    {
        for (var warmUp = new WarmUp(stage.Terms.WarmUp); warmUp.GoesOn;)
        {
            var tally = await play(warmUp.Next);
            warmUp.Saw(tally.Done + tally.Refused, tally.Elapsed);
        }
    }

    protected Tally Note(Tally tally)
    {
        Acknowledged += tally.Acknowledged;
        return tally;
    }
}

/// <summary>Whole sessions: a cart is opened, filled line by line and checked out.</summary>
internal sealed class Sessions(Skus skus) : Workload
{
    public override Task Prepare(Stage stage) => WarmUp(stage, length => Play(stage, length));

    public override Task<Tally> Measure(Stage stage) => Play(stage, stage.Terms.Duration);

    private async Task<Tally> Play(Stage stage, TimeSpan duration) =>
        Note(await stage.Generator.Run(_ => new SessionShopper(() => skus.Basket(stage.Dice), stage.Keys), new Pace(duration), stage.Cancel));
}

/// <summary>Checkouts alone: the carts are there before the clock runs.</summary>
/// <param name="basket">What is in a cart.</param>
/// <param name="refusals">Whether a refusal is what is wanted, too.</param>
internal sealed class Checkouts(Func<Random, string[]> basket, bool refusals = false) : Workload
{
    private const int Portion = 2_000;

    private const double Reserve = 1.3;

    private readonly Queue<string> _carts = new();
    private readonly List<string> _orders = [];
    private double _rate;

    /// <summary>Requests a second; null: as fast as they are answered.</summary>
    public double? PerSecond { get; init; }

    /// <summary>The rate of the last closed run.</summary>
    public double Rate => _rate;

    public IReadOnlyList<string> Orders => _orders;

    public override async Task Prepare(Stage stage)
    {
        await WarmUp(stage, async _ =>
        {
            await Fill(stage, Portion);
            var tally = await CheckOut(stage, new Pace());
            if (tally.Done + tally.Refused == 0) throw new CheckFailedException($"No checkout of the warm-up came to an order: {tally.FirstError}");
            _rate = (tally.Done + tally.Refused) / tally.Elapsed.TotalSeconds;
            return tally;
        });
        await Fill(stage, (int)((PerSecond ?? (_rate * Reserve)) * stage.Terms.Duration.TotalSeconds) + stage.Terms.Connections);
    }

    public override Task<Tally> Measure(Stage stage) => CheckOut(stage, new Pace(stage.Terms.Duration, PerSecond));

    public async Task Fill(Stage stage, int carts)
    {
        var filled = new List<string>(carts);
        var begun = new SharedCount();
        var tally = await stage.Generator.Run(_ => new CartFiller(() => basket(stage.Dice), carts, filled, begun), new Pace(), stage.Cancel);
        if (filled.Count < carts * 0.99) throw new CheckFailedException($"{carts - filled.Count} of {carts} carts could not be filled: {tally.FirstError}");
        foreach (var cart in filled) _carts.Enqueue(cart);
    }

    public async Task<Tally> CheckOut(Stage stage, Pace pace) =>
        Note(await stage.Generator.Run(_ => new CheckoutShopper(_carts, stage.Keys, refusals, _orders), pace, stage.Cancel));
}

/// <summary>Product pages.</summary>
internal sealed class Pages(Skus skus) : Workload
{
    public override Task Prepare(Stage stage) => WarmUp(stage, length => Play(stage, length));

    public override Task<Tally> Measure(Stage stage) => Play(stage, stage.Terms.Duration);

    // Pages are not orders: they are not noted for the audit.
    private Task<Tally> Play(Stage stage, TimeSpan duration) => stage.Generator.Run(_ => new Browser(() => skus.Next(stage.Dice)), new Pace(duration), stage.Cancel);
}
