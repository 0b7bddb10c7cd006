using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Commerce.PspSimulator;

/// <summary>A message to be sent.</summary>
public sealed record Hook(long Number, Operation Operation, string Type, int Attempts, bool Forged, DateTimeOffset At);

/// <summary>
/// Messages to the merchant, written in the transaction that they are about and sent from the books: a restart forgets none. They are sent until they are taken, so one may
/// come twice even without a fault.
/// </summary>
public sealed class HookQueue(Ledger ledger, Faults faults, SimulatorOptions options) : IDisposable
{
    private const int MostAttempts = 20;

    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(300);

    private static readonly string[] HookFaults = ["hook-lost", "hook-twice", "hook-late", "hook-early", "hook-after-next", "hook-forged"];

    private readonly SemaphoreSlim _news = new(0, 1);

    /// <summary>Sends one now; the sender puts itself here.</summary>
    public Func<Hook, CancellationToken, Task>? Send { get; set; }

    public void Add(Ledger books, Operation about, DateTimeOffset now)
    {
        if (UrlOf(about.Dialect) is null) return;
        var fault = faults.Hit(books, HookFaults, about.Asked.Kind.ToString(), about.Key);
        var due = fault?.Do == "hook-late" ? now.AddSeconds(fault.Seconds) : now;
        // What was to come after the next is due right after it.
        books.Run("update hook set state = 'waiting', due = $1 where state = 'held'", Ledger.Text(now.AddMilliseconds(200)));
        Add(fault?.Do switch { "hook-lost" => "lost", "hook-after-next" => "held", "hook-early" => "early", _ => "waiting" }, forged: false);
        if (fault?.Do == "hook-twice") Add("waiting", forged: false);
        if (fault?.Do == "hook-forged") Add("waiting", forged: true);

        void Add(string state, bool forged) => books.Run(
            "insert into hook (operation, type, dialect, due, attempts, state, forged, at) values ($1, $2, $3, $4, 0, $5, $6, $7)",
            about.Key, $"{about.Asked.Kind}.{about.State}".ToLowerInvariant(), about.Dialect, Ledger.Text(due), state, forged, Ledger.Text(now));
    }

    public void Wake()
    {
        try
        {
            _news.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public void Dispose() => _news.Dispose();

    public Task Wait(TimeSpan atMost, CancellationToken cancel) => _news.WaitAsync(atMost, cancel);

    public IReadOnlyList<Hook> Due(DateTimeOffset now) => ledger.Do(books => Read(books, "state = 'waiting' and due <= $1", Ledger.Text(now)!));

    // It arrives before the answer; its own answer may well wait for that, so it is not waited for.
    public async Task SendEarly(string operation)
    {
        foreach (var hook in ledger.Do(books => Read(books, "state = 'early' and operation = $1", operation)))
            await Task.WhenAny(Send!(hook, CancellationToken.None), Task.Delay(HeadStart));
    }

    public void Sent(Hook hook) => Change("update hook set state = 'sent', attempts = attempts + 1 where number = $1", hook.Number);

    /// <summary>Nobody took it: again, ever more rarely.</summary>
    public void Failed(Hook hook, DateTimeOffset now) => Change(
        "update hook set attempts = attempts + 1, state = $2, due = $3 where number = $1", hook.Number, hook.Attempts + 1 >= MostAttempts ? "given-up" : "waiting",
        Ledger.Text(now.AddSeconds(Math.Min(3600, Math.Pow(2, hook.Attempts)))));

    /// <summary>How many messages are in which state.</summary>
    public IReadOnlyDictionary<string, long> Counts() => ledger.Do(books =>
        books.Rows("select state, count(*) from hook group by state", static row => (State: row.GetString(0), Count: row.GetInt64(1))).ToDictionary(row => row.State, row => row.Count));

    public Uri? UrlOf(string dialect) => (dialect == "stripe" ? options.StripeHookUrl : options.HookUrl) is { Length: > 0 } url ? new Uri(url) : null;

    /// <summary><c>t=…,v1=…</c>: the moment of sending, and an HMAC-SHA256 of it and the body, as Stripe does it.</summary>
    public static string Sign(string secret, string body, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds();
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}";
    }

    private void Change(string sql, params object?[] values) => ledger.Do(books =>
    {
        books.Run(sql, values);
        return true;
    });

    private static IReadOnlyList<Hook> Read(Ledger books, string which, string value) =>
    [
        .. books.Rows(
                $"select number, operation, type, attempts, forged, at from hook where {which} order by due, number limit 100",
                static row => (Number: row.GetInt64(0), Operation: row.GetString(1), Type: row.GetString(2), Attempts: row.GetInt32(3), Forged: row.GetBoolean(4), At: Ledger.Time(row.GetString(5))), value)
            .Select(row => new Hook(row.Number, books.Find(row.Operation)!, row.Type, row.Attempts, row.Forged, row.At)),
    ];
}

/// <summary>Sends messages as they become due.</summary>
public sealed class HookSender(HookQueue queue, Ledger ledger, Desk desk, Faults faults, StripeObjects stripe, SimulatorOptions options) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(15) };

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        queue.Send = Send;
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var due = faults.Plan.Outage ? [] : queue.Due(ledger.Do(desk.Now));
            await Task.WhenAll(due.Select(hook => Send(hook, stoppingToken)));
            if (due.Count == 0) await queue.Wait(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Send(Hook hook, CancellationToken cancel)
    {
        try
        {
            var (header, body) = hook.Operation.Dialect == "stripe" ? ("Stripe-Signature", stripe.Event(hook)) : ("Psp-Signature", Body(hook));
            using var request = new HttpRequestMessage(HttpMethod.Post, queue.UrlOf(hook.Operation.Dialect)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            // Signed when it is sent, by the machine's clock: a late message is as fresh as any.
            request.Headers.Add(header, HookQueue.Sign(hook.Forged ? "somebody else's secret" : options.Secret, body, TimeProvider.System.GetUtcNow()));
            using var answer = await _http.SendAsync(request, cancel);
            // A forged one is refused, and not sent again.
            if (answer.IsSuccessStatusCode || hook.Forged) queue.Sent(hook);
            else queue.Failed(hook, ledger.Do(desk.Now));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            queue.Failed(hook, ledger.Do(desk.Now));
        }
    }

    private static string Body(Hook hook) => JsonSerializer.Serialize(new
    {
        id = $"evt-{hook.Number}", type = hook.Type, operation = hook.Operation.Key, account = hook.Operation.Asked.Account, created = Ledger.Text(hook.At),
    });
}
