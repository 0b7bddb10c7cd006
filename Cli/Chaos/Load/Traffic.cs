using System.Collections.Concurrent;

namespace Commerce.Cli.Chaos.Load;

/// <summary>What shoppers asked for and saw.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentQueue<Purchase> _purchases = new();
    private readonly ConcurrentQueue<Reading> _readings = new();
    private readonly ConcurrentQueue<Delivery> _deliveries = new();

    public IReadOnlyCollection<Purchase> Purchases => _purchases;

    /// <summary>Those of one SKU alone, whose history can be checked, by that SKU.</summary>
    public ILookup<string, Purchase> Singles => _purchases.Where(purchase => purchase.Wishes.Length == 1).ToLookup(purchase => purchase.Wishes[0].Sku);

    public IReadOnlyCollection<Reading> Readings => _readings;

    public IReadOnlyCollection<Delivery> Deliveries => _deliveries;

    public void Add(Purchase purchase) => _purchases.Enqueue(purchase);

    public void Add(Reading reading) => _readings.Enqueue(reading);

    public void Add(Delivery delivery) => _deliveries.Enqueue(delivery);
}

/// <summary>
/// Shoppers who come when they come, whether the shop keeps up or not (an open loop): times of arrival are drawn from the seed. A client that has too many
/// of them waiting sends the next ones away, and says how many.
/// </summary>
internal sealed class Traffic(int seed, double perSecond, string run, Client client, History history, Ledger ledger)
{
    private const int MostWaiting = 500;

    private readonly ConcurrentDictionary<int, Task> _shopping = new();
    private int _came;

    /// <summary>Shoppers who came.</summary>
    public int Came => Volatile.Read(ref _came);

    /// <summary>Shoppers who were sent away.</summary>
    public int SentAway { get; private set; }

    public int Waiting => _shopping.Count;

    /// <summary>Shoppers arrive until the end.</summary>
    public async Task Run(CancellationToken until, CancellationToken giveUp)
    {
        var chance = new Random(seed);
        var due = history.Now;
        while (!until.IsCancellationRequested)
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - chance.NextDouble()) / perSecond);
            if (due - history.Now is var early && early > TimeSpan.Zero) await Task.Delay(early, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (until.IsCancellationRequested) return;
            if (_shopping.Count >= MostWaiting) SentAway++;
            else Admit(Interlocked.Increment(ref _came), giveUp);
        }
    }

    /// <summary>Ends when all have been answered, or at the latest when nobody waits any more.</summary>
    public Task Served() => Task.WhenAll(_shopping.Values);

    private void Admit(int number, CancellationToken giveUp) => _shopping[number] = Shop(number, giveUp);

    private async Task Shop(int number, CancellationToken giveUp)
    {
        await Task.Yield();
        try
        {
            await new Shopper(number, seed, run, client, history, ledger).Shop(giveUp);
        }
        finally
        {
            _shopping.TryRemove(number, out _);
        }
    }
}
