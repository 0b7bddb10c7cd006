using System.Buffers.Text;
using System.Globalization;
using Commerce.Cli.Bench.Load;
using Commerce.Cli.Output;

namespace Commerce.Cli.Bench.Scenarios;

/// <summary>S5: 30 % sessions, 5 % dashboard, 3 % price update, 2 % product replaced, 60 % delivery update.</summary>
internal static class Mix
{
    /// <summary>Ten times what MarketplaceOnOrleans does durably in the published benchmark (141/s, by another driver).</summary>
    private const double Goal = 1_410;

    public static async Task<ScenarioResult> Run(Workbench bench, CancellationToken cancel)
    {
        var side = await bench.Ours(cancel);
        var work = new Transactions(bench.Lab.OperatorToken);
        var round = await Comparison.Round(side, work, bench.Terms, 1, cancel);
        Progress.Say($"S5: {Comparison.Line(round)}");
        return new ScenarioResult(
            "S5", "30 % sessions, 5 % dashboard, 3 % prices, 2 % products, 60 % deliveries", bench.Terms.Connections, null, $"≥ {Goal:N0} transactions/s",
            round.Counted >= Goal, round.Audit.Ok, SideResult.Of(side, [round]), Figures: work.Kinds.ToDictionary(
                kind => kind.Key, object (kind) => string.Create(CultureInfo.InvariantCulture, $"{kind.Value.Count} transactions, p50 {kind.Value.Percentile(0.5):N1} ms, p99 {kind.Value.Percentile(0.99):N1} ms")));
    }

    private sealed class Transactions(string token) : Workload
    {
        private readonly Queue<string> _orders = new();

        public IReadOnlyDictionary<string, Latencies> Kinds { get; private set; } = new Dictionary<string, Latencies>();

        public override Task Prepare(Stage stage) => WarmUp(stage, length => Play(stage, length));

        public override async Task<Tally> Measure(Stage stage)
        {
            var tally = await Play(stage, stage.Terms.Duration);
            Kinds = tally.Kinds;
            return tally;
        }

        // What is acknowledged here are transactions of all kinds, not orders: the audit counts those by itself.
        private Task<Tally> Play(Stage stage, TimeSpan duration) =>
            stage.Generator.Run(_ => new Trader(stage.Dice, stage.Keys, _orders, token), new Pace(duration), stage.Cancel);
    }

    /// <summary>Does one transaction after another, of the kind the dice say.</summary>
    private sealed class Trader(Random dice, KeyMaker keys, Queue<string> orders, string token) : Visitor
    {
        private static readonly (string Kind, int Part)[] Parts = [("session", 30), ("dashboard", 5), ("price", 3), ("product", 2), ("delivery", 60)];

        private readonly SessionShopper _session = new(() => Skus.Uniform.Basket(dice), keys) { Confirmed = orders.Enqueue };
        private string? _kind;
        private string _sku = "", _order = "";
        private long? _version;
        private bool _shipped;

        public override bool Begins => _kind is null;

        public override string? Kind => _kind;

        public override int Ask(Span<byte> into)
        {
            _kind ??= Next();
            switch (_kind)
            {
                case "session": return _session.Ask(into);
                case "dashboard": return Requests.Operator(into, "GET", "/v1/analytics/top-products?from=2020-01-01&to=2099-01-01", token, keys.Next(), "");
                case "price":
                    return Requests.Operator(into, "POST", $"/v1/admin/products/{Skus.Name(dice.Next(Skus.Count))}/prices", token, keys.Next(), $$"""{"price":{"currency":"GBP","minor":{{dice.Next(100, 1_100)}} } }""");
                case "product":
                    if (_version is null) _sku = Skus.Name(dice.Next(Skus.Count));
                    return _version is { } version
                        ? Requests.Replace(into, $"/v1/admin/products/{_sku}", token, version, $$"""{"title":"Another title {{dice.Next()}}"}""")
                        : Requests.Operator(into, "GET", $"/v1/admin/products/{_sku}", token, keys.Next(), "");
                default:
                    if (!_shipped) _order = orders.Dequeue();
                    return Requests.Operator(into, "POST", $"/v1/admin/orders/{_order}/{(_shipped ? "deliver" : "ship")}", token, keys.Next(), "{}");
            }
        }

        public override Verdict Heard(int status, ReadOnlySpan<byte> body)
        {
            switch (_kind)
            {
                case "session":
                    var verdict = _session.Heard(status, body);
                    if (verdict != Verdict.Step) _kind = null;
                    return verdict;
                case "product" when _version is null && status == 200:
                    _version = VersionIn(body);
                    return Verdict.Step;
                // A delivery is two updates of its order: shipped, then delivered. Each is a transaction; the second comes when deliveries come again.
                case "delivery" when status == 200 && !_shipped:
                    (_shipped, _kind) = (true, null);
                    return Verdict.Done;
                default:
                    (_version, _shipped) = (null, _kind != "delivery" && _shipped);
                    _kind = null;
                    return status == 200 ? Verdict.Done : Verdict.Failed;
            }
        }

        public override void Lost()
        {
            _session.Lost();
            (_kind, _version, _shipped) = (null, null, false);
        }

        private string Next()
        {
            var (at, i) = (dice.Next(100), 0);
            while (at >= Parts[i].Part) at -= Parts[i++].Part;
            // Nothing to deliver yet: something is sold first.
            return Parts[i].Kind == "delivery" && !_shipped && orders.Count == 0 ? "session" : Parts[i].Kind;
        }

        private static long? VersionIn(ReadOnlySpan<byte> body)
        {
            var at = body.LastIndexOf("\"version\":"u8);
            return at >= 0 && Utf8Parser.TryParse(body[(at + 10)..], out long version, out _) ? version : null;
        }
    }
}
