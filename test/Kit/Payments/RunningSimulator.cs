using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Commerce.PspSimulator;
using Commerce.ServiceDefaults;
using Commerce.Servers;
using Microsoft.AspNetCore.Builder;

namespace Commerce.Kit.Payments;

/// <summary>A payment simulator on a port and a folder of its own, with a control room and a shopper for its pages.</summary>
public sealed class RunningSimulator : IAsyncDisposable
{
    /// <summary>Our key there; its messages are signed with it, too.</summary>
    public const string Secret = "secret-of-the-simulator-under-test";

    private readonly SimulatorOptions _options;
    private readonly HttpClient _control;
    private readonly HttpClient _shopper = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private WebApplication? _app;

    private RunningSimulator(SimulatorOptions options)
    {
        _options = options;
        _control = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(options.Url) };
        _control.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
    }

    public string Url => _options.Url;

    /// <summary>How the shop reaches it: it waits longer than a slow machine takes.</summary>
    public PaymentSettings Settings => new(PaymentSettings.Simulator)
    {
        Url = new Uri(Url), PageUrl = new Uri(Url), Secret = Secret, HookSecret = Secret, Timeout = TimeSpan.FromMinutes(1),
    };

    public static async Task<RunningSimulator> Start(string folder, string? hookUrl = null, string? stripeHookUrl = null)
    {
        var port = FreePorts.TakeLasting(1, new Random())[0];
        var simulator = new RunningSimulator(new SimulatorOptions($"http://127.0.0.1:{port}", folder, Secret)
        {
            HookUrl = hookUrl, StripeHookUrl = stripeHookUrl, Hang = TimeSpan.FromSeconds(5),
        });
        await simulator.Start();
        return simulator;
    }

    public async Task Start()
    {
        _app = Simulator.Build(_options);
        await _app.StartAsync();
    }

    public async Task Stop()
    {
        if (_app is null) return;
        await _app.StopAsync();
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>What goes wrong from now on.</summary>
    public Task Faults(params Fault[] faults) => Plan(new Plan(Faults: faults));

    public async Task Plan(Plan plan)
    {
        using var answer = await _control.PutAsJsonAsync("/control", plan, Simulator.Json);
        answer.EnsureSuccessStatusCode();
    }

    public async Task Advance(TimeSpan time)
    {
        using var answer = await _control.PostAsJsonAsync("/control/clock", new ClockRequest((long)time.TotalSeconds), Simulator.Json);
        answer.EnsureSuccessStatusCode();
    }

    public async Task<HttpResponseMessage> ChargeBack(string capture, long? minor = null) =>
        await _control.PostAsJsonAsync("/control/charge-backs", new ChargeBackRequest(capture, minor), Simulator.Json);

    /// <summary>The ledger as it lists it.</summary>
    public async Task<IReadOnlyList<OperationBody>> Ledger() =>
        (await _control.GetFromJsonAsync<JsonElement>("/v1/operations?limit=10000")).GetProperty("items").Deserialize<OperationBody[]>(Simulator.Json)!;

    /// <summary>How many messages are in which state.</summary>
    public async Task<long> Hooks(string state) =>
        (await _control.GetFromJsonAsync<JsonElement>("/control")).GetProperty("hooks").TryGetProperty(state, out var count) ? count.GetInt64() : 0;

    /// <summary>The shopper's choice on a page; where it sends them, if anywhere.</summary>
    public async Task<Uri?> Choose(string page, string card, string? challenge = null)
    {
        using var chosen = await Send(page, "card", card);
        if (challenge is null || chosen.Headers.Location is not { } next) return chosen.Headers.Location;
        using var answered = await Send(new Uri(new Uri(page), next).AbsoluteUri, "answer", challenge);
        return answered.Headers.Location;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _control.Dispose();
        _shopper.Dispose();
    }

    private Task<HttpResponseMessage> Send(string url, string field, string value) =>
        _shopper.PostAsync(new Uri(url), new FormUrlEncodedContent([new(field, value)]));
}
