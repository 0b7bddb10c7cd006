using System.Net;

namespace Commerce.System.Tests;

/// <summary>What is derived from the journal can be damaged; the journal is whole, and the shop is not lost.</summary>
public sealed class DamagedFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;
    private readonly int _port = RunningShop.FreePort();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Analytics_says_which_file_is_to_be_deleted_and_read_models_are_made_anew()
    {
        using (var shop = await Commerce.Up(_folder, _port))
        {
            using var merchant = Merchant();
            (await RunningShop.Post(merchant, "/v1/admin/products", new { sku = "TEA", title = "Tea", price = new { minor = 150, currency = "GBP" } })).Ok(HttpStatusCode.Created);
            (await shop.Terminate()).ShouldBe(0);
        }

        foreach (var file in (string[])["analytics.db", "gateway.db"]) File.WriteAllText(Path.Combine(_folder, file), new string('x', 8_192));
        foreach (var command in (string[][])[["up", "--port", $"{_port}", "--data", _folder], ["verify", "--data", _folder]])
        {
            var (exit, _, errors) = await Commerce.Run(command);
            (exit, errors.Trim()).ShouldBe((3, $"{Path.Combine(_folder, "analytics.db")} is damaged: delete the file and it is rebuilt from the journal."));
        }

        File.Delete(Path.Combine(_folder, "analytics.db"));
        using (await Commerce.Up(_folder, _port))
        {
            using var merchant = Merchant();
            // Read again from the feed; a test that waits for ever says so.
            while ((await RunningShop.Get(merchant, "/v1/products")).Body.GetProperty("items").GetArrayLength() == 0) await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        (await Commerce.Run("verify", "--data", _folder)).Exit.ShouldBe(0);
    }

    private HttpClient Merchant() => new()
    {
        BaseAddress = new Uri($"http://127.0.0.1:{_port}"),
        DefaultRequestHeaders = { Authorization = new("Bearer", File.ReadAllText(Path.Combine(_folder, "operator-token")).Trim()) },
    };
}
