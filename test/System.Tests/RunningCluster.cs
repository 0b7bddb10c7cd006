using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using System.Text.Json;
using Commerce.Cli.Clusters;

namespace Commerce.System.Tests;

/// <summary>A cluster of real processes on private servers, in a folder and on a port of its own, spoken to as shoppers, merchants and operators would.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class RunningCluster : IAsyncDisposable
{
    private readonly Commerce _up;
    private readonly string _parent;

    private RunningCluster(Commerce up, string parent, string folder, int port)
    {
        (_up, _parent, Folder) = (up, parent, folder);
        Guest = Client(port);
        Merchant = Client(port);
        Merchant.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(Path.Combine(folder, "operator-token")).Trim());
    }

    public string Folder { get; }

    public HttpClient Guest { get; }

    public HttpClient Merchant { get; }

    public static async Task<RunningCluster> Start(IReadOnlyDictionary<string, string> variables, params string[] how)
    {
        var parent = Directory.CreateTempSubdirectory("commerce-test-").FullName;
        // The servers' own users must be able to pass through it.
        File.SetUnixFileMode(parent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var (folder, port) = (Path.Combine(parent, "shop"), RunningShop.FreePort());
        return new RunningCluster(await Commerce.Up(folder, port, variables, ["--cluster", .. how]), parent, folder, port);
    }

    public async Task Product(string sku, int stock)
    {
        var (made, delivered) = (Guid.NewGuid().ToString(), Guid.NewGuid().ToString());
        await Repeated(() => RunningShop.Post(Merchant, "/v1/admin/products", new { sku, title = $"Title of {sku}", price = new { minor = 150, currency = "GBP" } }, made));
        await Repeated(() => RunningShop.Post(Merchant, $"/v1/admin/stock/{sku}/adjustments", new { delta = stock, reason = "delivery" }, delivered));
    }

    /// <summary>A cart with one unit in it.</summary>
    public async Task<string> Cart(string sku = "TEA")
    {
        var id = (await Repeated(() => RunningShop.Post(Guest, "/v1/carts", new { currency = "GBP" }))).Text("id");
        var key = Guid.NewGuid().ToString();
        await Repeated(() => RunningShop.Post(Guest, $"/v1/carts/{id}/lines", new { sku, quantity = 1 }, key));
        return id;
    }

    /// <summary>What is away is asked again, under the same key.</summary>
    /// <param name="ask">Asks once.</param>
    /// <param name="tell">Hears of every answer.</param>
    /// <param name="refusals">Refusals that are an answer.</param>
    public static async Task<Answer> Repeated(Func<Task<Answer>> ask, Action<HttpStatusCode>? tell = null, params HttpStatusCode[] refusals)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var answer = await ask();
            tell?.Invoke(answer.Status);
            if (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created || refusals.Contains(answer.Status)) return answer;
            answer.Status.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, HttpStatusCode.Accepted);
            await Task.Delay(100, patience.Token);
        }
    }

    /// <summary>Waits until an order that waited for something is confirmed.</summary>
    public async Task Confirmed(Answer placed) => (await Eventually(async () =>
        (await RunningShop.Get(Guest, $"/v1/orders/{placed.Text("orderId")}", placed.Text("orderToken"))) is { Status: HttpStatusCode.OK } order && order.Text("status") == "confirmed"))
        .ShouldBeTrue("the order goes on when the role is back");

    public static async Task<bool> Eventually(Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition()) return true;
            await Task.Delay(200);
        }

        return false;
    }

    /// <summary>An operator's command, from another terminal; it must succeed.</summary>
    public async Task Do(params string[] command)
    {
        var (exit, output, errors) = await Commerce.Run([.. command, "--data", Folder]);
        exit.ShouldBe(0, output + errors);
    }

    /// <summary>Asked where <c>status</c> asks, without starting a program each time: who waits for a process does not hold it up.</summary>
    public async Task<bool> Runs(string process) =>
        (await ControlClient.Ask(new ClusterFolder(Folder), new ControlRequest("status"), static _ => { }, CancellationToken.None)).Children.Single(child => child.Name == process).State == ChildState.Running;

    /// <summary>The silos, as <c>status</c> says.</summary>
    public async Task<IReadOnlyList<(string Name, string State, string Roles)>> Processes()
    {
        var status = JsonSerializer.Deserialize<JsonElement>((await Commerce.Run("status", "--json", "--data", Folder)).Output);
        return [.. status.GetProperty("silos").EnumerateArray().Select(silo => (
            silo.GetProperty("name").GetString()!, silo.GetProperty("state").GetString()!,
            string.Join(',', silo.GetProperty("roles").EnumerateArray().Select(role => role.GetString()))))];
    }

    /// <summary>Ends it from another terminal: its exit code, which is there when the command is done.</summary>
    public async Task<int> Stop()
    {
        await Do("down");
        return await _up.Ended().WaitAsync(TimeSpan.FromSeconds(1));
    }

    public ValueTask DisposeAsync()
    {
        _up.Dispose();
        Guest.Dispose();
        Merchant.Dispose();
        Directory.Delete(_parent, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(100) };
}
