using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Commerce.Cli.Output;

namespace Commerce.Cli.Shops;

/// <summary>What the shop answered.</summary>
internal sealed record ShopAnswer(HttpStatusCode Status, JsonElement Body)
{
    public bool Ok => (int)Status is >= 200 and < 300;

    /// <summary>The stable code of a problem.</summary>
    public string? Code => Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty("code", out var code) ? code.GetString() : null;

    public override string ToString() => $"{(int)Status} {Body}";
}

/// <summary>
/// The shop's HTTP interface as an operator's tool uses it. A shop that is away is waited for, and what was asked is asked again under the same key:
/// the shop answers what it came to, never does it twice.
/// </summary>
internal sealed class ShopClient : IDisposable
{
    /// <summary>A shop that was never reached is missing after this.</summary>
    public static readonly TimeSpan FirstContact = TimeSpan.FromSeconds(30);

    /// <summary>A shop that was there is waited for this long without any answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>A request that has no answer after this is made again, unless it is known to take longer.</summary>
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(100);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly HttpClient _http;
    private readonly Stopwatch _silence = Stopwatch.StartNew();
    private readonly TimeSpan _firstContact;
    private readonly Action<TimeSpan>? _answered;
    private readonly Action? _repeats;
    private bool _reached;
    private int _waiting, _repeated;

    /// <param name="url">The shop.</param>
    /// <param name="token">The operator's token, if any.</param>
    /// <param name="firstContact">How long a shop that was never reached is waited for.</param>
    /// <param name="answered">Called with every answer that is one, not a request to come again: how long it took, with all repeats.</param>
    /// <param name="repeats">Called when a request is to be repeated.</param>
    public ShopClient(Uri url, string? token, TimeSpan? firstContact = null, Action<TimeSpan>? answered = null, Action? repeats = null)
    {
        (_answered, _repeats) = (answered, repeats);
        _firstContact = firstContact ?? FirstContact;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = url, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>How many requests had to be made again: a shop that was away has made some.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    public Task<ShopAnswer> Get(string path, CancellationToken cancel) => Send(HttpMethod.Get, path, body: null, key: null, wait: null, AnswersWithin, cancel);

    public Task<ShopAnswer> Post(string path, object body, string? key, CancellationToken cancel, int? wait = null, TimeSpan? within = null) =>
        Send(HttpMethod.Post, path, body, key, wait, within ?? AnswersWithin, cancel);

    /// <summary>One try, whatever comes of it; null when there is no shop.</summary>
    public async Task<ShopAnswer?> TryGet(string path, CancellationToken cancel)
    {
        try
        {
            return await Once(HttpMethod.Get, path, null, null, null, AnswersWithin, cancel);
        }
        catch (Exception e) when (IsAway(e, cancel))
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ShopAnswer> Send(HttpMethod method, string path, object? body, string? key, int? wait, TimeSpan within, CancellationToken cancel)
    {
        var (asked, pause) = (Stopwatch.GetTimestamp(), TimeSpan.FromMilliseconds(50));
        while (true)
        {
            ShopAnswer? answer = null;
            var tried = Stopwatch.GetTimestamp();
            try
            {
                answer = await Once(method, path, body, key, wait, within, cancel);
            }
            catch (Exception e) when (IsAway(e, cancel))
            {
                // Nobody knows whether it was done: the same key finds out.
            }

            if (answer is not null && !IsForLater(answer))
            {
                Reached(Stopwatch.GetElapsedTime(asked));
                return answer;
            }

            Interlocked.Increment(ref _repeated);
            _repeats?.Invoke();
            // It was busy with this for longer than a shop may be silent.
            if (Stopwatch.GetElapsedTime(tried) > Patience) _silence.Restart();
            GiveUpAfterLongSilence(answer, path);
            await Task.Delay(pause, cancel);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<ShopAnswer> Once(HttpMethod method, string path, object? body, string? key, int? wait, TimeSpan within, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(within);
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: Json);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (wait is { } seconds) request.Headers.Add("Prefer", $"wait={seconds}");
        using var response = await _http.SendAsync(request, limit.Token);
        var bytes = await response.Content.ReadAsByteArrayAsync(limit.Token);
        return new ShopAnswer(response.StatusCode, Parse(bytes));
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

    private static bool IsAway(Exception e, CancellationToken cancel) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested);

    private static bool IsForLater(ShopAnswer answer) =>
        (int)answer.Status >= 500 || answer.Status == HttpStatusCode.TooManyRequests || answer.Code == "idempotency-in-progress";

    private void Reached(TimeSpan waited)
    {
        _silence.Restart();
        _answered?.Invoke(waited);
        _reached = true;
        if (Interlocked.Exchange(ref _waiting, 0) == 1) Progress.Say("The shop is back; going on.");
    }

    private void GiveUpAfterLongSilence(ShopAnswer? answer, string path)
    {
        if (_silence.Elapsed > (_reached ? Patience : _firstContact))
        {
            throw new MissingException(answer is null
                ? $"No shop answers at {_http.BaseAddress}; start one with './commerce up', or name another with --url."
                : $"The shop at {_http.BaseAddress} answers /{path} with {(int)answer.Status} and nothing else; look at its log.");
        }

        if (_silence.Elapsed > TimeSpan.FromSeconds(2) && Interlocked.Exchange(ref _waiting, 1) == 0)
            Progress.Say($"The shop at {_http.BaseAddress} {(answer is null ? "does not answer" : $"answers {(int)answer.Status}")}; waiting for it.");
    }
}
