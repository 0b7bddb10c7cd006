using System.Net.Http.Headers;
using System.Text.Json;
using Commerce.Cli.Shops;

namespace Commerce.Cli.Chaos.Lab;

/// <summary>What is to go wrong at the payment provider: see <c>test/PspSimulator</c> for the names.</summary>
internal sealed record Trouble(string Do, string? On = null, double Chance = 1, int? Times = null, int Seconds = 60);

/// <summary>The control room of the payment simulator, past the proxies.</summary>
internal sealed class Provider(ShopProvider provider) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = provider.Url,
        Timeout = TimeSpan.FromSeconds(10),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", provider.Settings.Secret) },
    };

    /// <summary>From here on these happen.</summary>
    public async Task Follow(int seed, IReadOnlyList<Trouble> faults, CancellationToken cancel, bool outage = false)
    {
        using var answer = await _http.PutAsJsonAsync("control", new { seed, outage, faults }, Json, cancel);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>How often each has happened since the simulator's start.</summary>
    public async Task<IReadOnlyDictionary<string, int>> Hits(CancellationToken cancel) =>
        (await _http.GetFromJsonAsync<JsonElement>("control", Json, cancel)).GetProperty("hits").Deserialize<Dictionary<string, int>>(Json)!;

    /// <summary>The shopper's bank takes a capture's money back.</summary>
    public async Task ChargeBack(string capture, CancellationToken cancel)
    {
        using var answer = await _http.PostAsJsonAsync("control/charge-backs", new { key = capture }, Json, cancel);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();
}
