using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Commerce.Cli.Chaos.Load;

/// <summary>An answer: its status and body.</summary>
internal sealed record Reply(HttpStatusCode Status, JsonElement Body)
{
    public bool Ok => (int)Status is >= 200 and < 300;

    public string? Text(string name) => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What is asked.</summary>
internal sealed record Call(HttpMethod Method, string Path, object? Body = null, string? Key = null, int? Wait = null, string? Bearer = null)
{
    public static Call Get(string path, string? bearer = null) => new(HttpMethod.Get, path, Bearer: bearer);

    public static Call Post(string path, object body, string? key = null, int? wait = null, string? bearer = null) => new(HttpMethod.Post, path, body, key, wait, bearer);
}

/// <summary>
/// A shopper's HTTP: what is not answered, or answered with "later", is asked again under the same key until it is answered or nobody waits any more. An outage
/// may only show as no answer or as 503 with Retry-After; everything else is a finding.
/// </summary>
internal sealed class Client(Uri shop, History history, Findings findings, Gaps gaps) : IDisposable
{
    // Not the second a Retry-After asks for at once: a short gap would be measured as a long one. Nor for ever so soon: a few hundred who wait would keep a shop from starting.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromSeconds(30) })
    {
        BaseAddress = shop, Timeout = TimeSpan.FromSeconds(15),
    };

    // A page sends its shopper back to the shop; nobody looks at that here.
    private readonly HttpClient _pages = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(5) };

    private int _inFlight;

    /// <summary>Requests that wait for their answer now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Asks until there is an answer; null when nobody waits any more.</summary>
    public async Task<Reply?> Ask(string who, Call request, CancellationToken giveUp)
    {
        var began = history.Now;
        Interlocked.Increment(ref _inFlight);
        try
        {
            for (var pause = FirstPause; !giveUp.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                if (await Once(who, request, giveUp) is { } reply && !IsForLater(reply)) return reply;
                await Task.Delay(pause, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            gaps.Waited(began, history.Now);
        }
    }

    /// <summary>One try; null when it was not answered.</summary>
    public async Task<Reply?> Once(string who, Call request, CancellationToken giveUp)
    {
        var call = history.Call(who, $"{request.Method} {request.Path}", request.Key);
        try
        {
            using var message = new HttpRequestMessage(request.Method, request.Path);
            if (request.Body is not null) message.Content = JsonContent.Create(request.Body, request.Body.GetType());
            if (request.Key is not null) message.Headers.Add("Idempotency-Key", request.Key);
            if (request.Wait is { } seconds) message.Headers.Add("Prefer", $"wait={seconds}");
            if (request.Bearer is not null) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", request.Bearer);
            using var response = await _http.SendAsync(message, giveUp);
            var bytes = await response.Content.ReadAsByteArrayAsync(giveUp);
            var reply = new Reply(response.StatusCode, Parse(bytes));
            history.Answer(call, (int)reply.Status, reply.Text("status") ?? reply.Text("code"));
            if ((int)reply.Status >= 500 && reply.Status != HttpStatusCode.ServiceUnavailable) findings.Add("fault-shown", $"{request.Method} {request.Path} was answered {(int)reply.Status} {reply.Body}");
            if (reply.Status == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter is null) findings.Add("retry-after", $"{request.Method} {request.Path} was answered 503 without Retry-After");
            return reply;
        }
        catch (Exception away) when (away is HttpRequestException or IOException or OperationCanceledException)
        {
            history.Answer(call, null, away.GetType().Name);
            return null;
        }
    }

    /// <summary>Chooses a card on the provider's page. Whether that came through the page's answer tells, and whoever asked for the page finds out in any case.</summary>
    public async Task Choose(string who, Uri page, string card, CancellationToken giveUp)
    {
        var call = history.Call(who, $"pays on a page with {card}", null);
        try
        {
            using var form = new FormUrlEncodedContent([new("card", card)]);
            using var response = await _pages.PostAsync(page, form, giveUp);
            history.Answer(call, (int)response.StatusCode, null);
        }
        catch (Exception away) when (away is HttpRequestException or OperationCanceledException)
        {
            history.Answer(call, null, away.GetType().Name);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _pages.Dispose();
    }

    private static JsonElement Parse(byte[] bytes)
    {
        try
        {
            return bytes.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(bytes);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static bool IsForLater(Reply reply) => (int)reply.Status >= 500 || reply.Status == HttpStatusCode.TooManyRequests || reply.Text("code") == "idempotency-in-progress";
}

/// <summary>How long clients waited, and when: what a fault cost whoever was shopping.</summary>
internal sealed class Gaps
{
    private readonly Lock _gate = new();
    private readonly List<(TimeSpan From, TimeSpan To)> _waits = [];

    public void Waited(TimeSpan from, TimeSpan to)
    {
        lock (_gate) _waits.Add((from, to));
    }

    /// <summary>The longest wait for one answer, retries included, that touched a time.</summary>
    public double Longest(TimeSpan from, TimeSpan to)
    {
        lock (_gate) return Math.Round(_waits.Where(wait => wait.From <= to && wait.To >= from).Select(wait => (wait.To - wait.From).TotalSeconds).DefaultIfEmpty(0).Max(), 2);
    }
}
