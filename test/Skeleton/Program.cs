using System.Diagnostics;
using System.Threading.Channels;
using Commerce.Skeleton;
using Commerce.Yardstick;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

// How fast could a checkout of this shape be? The calls between grains and the appends of the shop's checkout, on Orleans and PostgreSQL, with nothing in them: no rules,
// no idempotency, no personal data, no relay, no analytics, and nobody could ever read it back. It bounds what tuning the shop may hope for (docs/performance.md).
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls(builder.Configuration["Http"] ?? throw new InvalidOperationException("Http is missing: where to listen, such as http://127.0.0.1:5090."));
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ShopJson.Default));
builder.UseOrleans(silo => silo.UseLocalhostClustering(builder.Configuration.GetValue<int>("SiloPort"), builder.Configuration.GetValue<int>("GatewayPort")));

string ConnectionTo(string service) => builder.Configuration.GetConnectionString(service)
    ?? throw new InvalidOperationException($"ConnectionStrings__{service} is missing: how the database of {service} is reached.");
foreach (var service in Lanes.Services) await Lanes.CreateSchema(ConnectionTo(service));
builder.Services.AddSingleton(new Lanes(builder.Configuration.GetValue("Shape", Shape.Whole), ConnectionTo)).AddSingleton<Settlement>().AddHostedService(services => services.GetRequiredService<Settlement>());

var app = builder.Build();
app.MapGet("/healthz/ready", () => TypedResults.Ok());
app.MapGet("/idle", (Settlement settlement) => settlement.Idle ? "yes" : "no");
app.MapPost("/v1/carts", (OpenCart body) => TypedResults.Created((string?)null, new CartOpened(Guid.NewGuid().ToString(), body.Currency)));
app.MapPost("/v1/carts/{id:guid}/lines", async (Guid id, AddLines body, IGrainFactory grains) =>
    TypedResults.Ok(new CartChanged(id.ToString(), await grains.GetGrain<IBasket>(id.ToString()).Add(body.Lines is { } lines ? [.. lines.Select(line => line.Sku)] : [body.Sku!]))));
app.MapPost("/v1/checkouts", CheckOut);
await app.RunAsync();

static async Task<Results<Created<CheckedOut>, Conflict<Problem>>> CheckOut(CheckoutRequest body, [FromHeader(Name = "Idempotency-Key")] string key, IGrainFactory grains, Settlement settlement)
{
    var order = $"{body.CartId}-1";
    var skus = await grains.GetGrain<IBasket>(body.CartId).Freeze(key);
    var deal = grains.GetGrain<IDeal>(order);
    await deal.Place(skus, body.Payment.Token);
    if (!await deal.WhenSettled()) return TypedResults.Conflict(new Problem("out-of-stock"));
    settlement.Add(new Sale(order, body.CartId, skus));
    return TypedResults.Created((string?)null, new CheckedOut(order, order, "confirmed", 995 * skus.Length));
}

/// <summary>What follows from a sale, off its path, as in the shop: its cart is told at once; holds of a SKU wait for each other, for 20 s or until nobody buys any more.</summary>
internal sealed class Settlement(Lanes lanes, IGrainFactory grains) : BackgroundService
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(100), Patience = TimeSpan.FromSeconds(20), Quiet = TimeSpan.FromMilliseconds(500);

    private readonly Channel<Sale> _sales = Channel.CreateUnbounded<Sale>();
    private readonly Dictionary<string, Holds> _holds = new(StringComparer.Ordinal);
    private readonly Queue<string> _waiting = [];
    private volatile bool _busy;

    /// <summary>Whether every sale is settled.</summary>
    public bool Idle => _sales.Reader.Count == 0 && !_busy;

    public void Add(Sale sale)
    {
        if (lanes.Shape == Shape.Whole) _sales.Writer.TryWrite(sale);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var last = 0L;
        while (true)
        {
            _busy |= _sales.Reader.Count > 0;
            var tellings = new List<Task>();
            while (_sales.Reader.TryRead(out var sale))
            {
                last = Stopwatch.GetTimestamp();
                tellings.Add(grains.GetGrain<IBasket>(sale.Cart).Ordered(sale.Order));
                foreach (var sku in sale.Skus) Collect(sku, sale.Order);
            }

            var quiet = Stopwatch.GetElapsedTime(last) > Quiet;
            while (_waiting.TryPeek(out var sku) && (quiet || Stopwatch.GetElapsedTime(_holds[sku].Since) > Patience))
            {
                _holds.Remove(_waiting.Dequeue(), out var holds);
                tellings.Add(grains.GetGrain<IShelf>(sku).Commit([.. holds!.Orders]));
            }

            await Task.WhenAll(tellings);
            _busy = _waiting.Count > 0;
            await Task.Delay(Linger, stoppingToken);
        }
    }

    private void Collect(string sku, string order)
    {
        if (!_holds.TryGetValue(sku, out var holds))
        {
            _holds[sku] = holds = new Holds(Stopwatch.GetTimestamp(), []);
            _waiting.Enqueue(sku);
        }

        holds.Orders.Add(order);
    }

    private sealed record Holds(long Since, List<string> Orders);
}

/// <summary>A confirmed order.</summary>
internal sealed record Sale(string Order, string Cart, string[] Skus);
