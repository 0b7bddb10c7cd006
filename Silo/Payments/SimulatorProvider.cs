using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Commerce.Kernel;
using Commerce.Payments;
using Commerce.ServiceDefaults;

namespace Commerce.Silo.Payments;

/// <summary>The payment simulator over HTTP. Nothing is tried twice here: an exception is "nobody knows", and the checkout process asks again under the same key.</summary>
public sealed class SimulatorProvider : IPaymentProvider, IDisposable
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly HttpClient _http;
    private readonly ProviderAway _away;
    private readonly Uri _page;

    /// <summary>Uses the simulator the settings name.</summary>
    public SimulatorProvider(PaymentSettings settings, ILogger<SimulatorProvider> log)
    {
        _away = new ProviderAway(log);
        _page = settings.PageUrl!;
        _http = Client(settings.Url!, settings.Secret!, settings.Timeout);
    }

    /// <inheritdoc/>
    public async Task<ProviderAnswer> Execute(ProviderOperation operation, CancellationToken cancel)
    {
        using var answer = await Reach(() => _http.PostAsJsonAsync("v1/operations", Asked.Of(operation), Json, cancel), cancel);
        return answer.StatusCode == HttpStatusCode.Conflict
            ? new ProviderAnswer(false, Money.Zero(operation.Amount.Currency), "", "key-reused")
            : (await Read(answer, cancel)).Answer(_page);
    }

    /// <inheritdoc/>
    public async Task<ProviderAnswer?> Find(ProviderOperation operation, CancellationToken cancel)
    {
        using var answer = await Reach(() => _http.GetAsync($"v1/operation?key={Uri.EscapeDataString(operation.Key)}", cancel), cancel);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        var entry = await Read(answer, cancel);
        return entry.Account == operation.Account && entry.Kind.Equals($"{operation.Kind}", StringComparison.OrdinalIgnoreCase) ? entry.Answer(_page) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    internal static HttpClient Client(Uri url, string secret, TimeSpan timeout)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
        {
            BaseAddress = new Uri(url.AbsoluteUri.TrimEnd('/') + "/"), Timeout = timeout,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return http;
    }

    // Whatever keeps an answer from coming is one thing to us, under a name of ours: nobody knows.
    private async Task<HttpResponseMessage> Reach(Func<Task<HttpResponseMessage>> send, CancellationToken cancel)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException failure)
        {
            throw _away.Because(failure);
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException("The payment provider did not answer in time.");
        }
    }

    private async Task<Entry> Read(HttpResponseMessage answer, CancellationToken cancel)
    {
        if (answer.StatusCode != HttpStatusCode.OK) throw _away.Because(answer.StatusCode);
        try
        {
            var entry = await answer.Content.ReadFromJsonAsync<Entry>(Json, cancel) ?? throw new JsonException();
            _away.Answers();
            return entry;
        }
        catch (Exception broken) when (broken is JsonException or HttpRequestException or IOException)
        {
            throw _away.Because(answer.StatusCode);
        }
    }

    internal sealed record MoneyBody(long Minor, string Currency)
    {
        public Money Read() => new(Minor, new Currency(Currency));
    }

    internal sealed record Asked(
        string Key, string Account, OperationKind Kind, MoneyBody Amount, string? Token, string? Authorisation, string? ReturnTo, DateTimeOffset? Until)
    {
        public static Asked Of(ProviderOperation asked) => new(
            asked.Key, asked.Account, asked.Kind, new(asked.Amount.Minor, asked.Amount.Currency.Value), asked.Token, asked.Authorisation, asked.Page?.ReturnTo, asked.Page?.Until);
    }

    internal sealed record Entry(
        long Number, string Key, string Account, string Kind, MoneyBody Amount, string? Authorisation, string State, MoneyBody Answered, string Reference, string? Code, string? Brand,
        string? Last4, string? Session, DateTimeOffset At)
    {
        // The page is at the address we were configured with, whatever the answer might say.
        public ProviderAnswer Answer(Uri? page) => State == "pending"
            ? new ProviderAnswer(false, Answered.Read(), Reference, Page: new Uri(page!, $"/pay/{Uri.EscapeDataString(Session!)}").AbsoluteUri)
            : new ProviderAnswer(State == "succeeded", Answered.Read(), Reference, Code, Brand, Last4);
    }
}
