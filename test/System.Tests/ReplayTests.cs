using System.Text.Json;
using Commerce.Cli.Tests.Replay;

namespace Commerce.System.Tests;

public sealed class ReplayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_month_replayed_into_a_shop_that_is_killed_again_and_again_is_right_to_the_penny()
    {
        var (file, kills) = Month();
        var (data, acks, port) = (Path.Combine(_folder, "shop"), Path.Combine(_folder, "acks"), RunningShop.FreePort());
        var url = $"http://127.0.0.1:{port}";
        var shop = await Commerce.Up(data, port);
        try
        {
            var replay = Commerce.Run("replay", file, "--data", data, "--url", url, "--acks", acks);
            foreach (var acknowledged in kills)
            {
                while (!replay.IsCompleted && Lines(acks) < acknowledged) await Task.Delay(5);
                await shop.Kill();
                shop.Dispose();
                shop = await Commerce.Up(data, port);
            }

            var (exit, output, errors) = await replay;
            exit.ShouldBe(0, output + errors);

            await Verified(data);
            var again = await Commerce.Run("replay", file, "--data", data, "--url", url, "--concurrency", "64");
            again.Exit.ShouldBe(0, again.Output + again.Errors);
            await Verified(data);
            (await EveryAcknowledgedOrderIsThere(acks, data, port)).ShouldBe(Lines(acks));
        }
        finally
        {
            shop.Dispose();
        }
    }

    [Fact]
    public async Task A_backup_taken_while_the_shop_works_restores_to_a_shop_that_verifies_and_goes_on()
    {
        var (file, kills) = Month();
        var (data, copy, restored) = (Path.Combine(_folder, "shop"), Path.Combine(_folder, "copy"), Path.Combine(_folder, "restored"));
        var (acks, port) = (Path.Combine(_folder, "acks"), RunningShop.FreePort());
        using (await Commerce.Up(data, port))
        {
            var replay = Commerce.Run("replay", file, "--data", data, "--acks", acks);
            while (!replay.IsCompleted && Lines(acks) < kills[0]) await Task.Delay(5);
            (await Commerce.Run("backup", copy, "--data", data)).Exit.ShouldBe(0);
            (await replay).Exit.ShouldBe(0);
        }

        (await Commerce.Run("restore", copy, "--data", restored)).Exit.ShouldBe(0);

        await Verified(restored);
        (await Commerce.Run("journal", "snapshots", "drop", "--data", restored)).Exit.ShouldBe(0);
        using (await Commerce.Up(restored, port))
        {
            var (exit, output, errors) = await Commerce.Run("replay", file, "--data", restored);
            exit.ShouldBe(0, output + errors);
            (await Commerce.Run("analytics", "rebuild", "--data", restored)).Exit.ShouldBe(0);
            await Verified(restored);
        }
    }

    private static async Task Verified(string data)
    {
        var (exit, output, errors) = await Commerce.Run("verify", "--json", "--data", data);
        exit.ShouldBe(0, output + errors);
        JsonDocument.Parse(output).RootElement.GetProperty("invariants").GetArrayLength().ShouldBe(8);
    }

    private static async Task<int> EveryAcknowledgedOrderIsThere(string acks, string data, int port)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(Path.Combine(data, "operator-token")).Trim());
        var found = 0;
        foreach (var line in File.ReadLines(acks))
        {
            var id = line.Split(' ', ',', '\t').First(word => word.Contains('-', StringComparison.Ordinal) && word.Length > 33);
            if ((await RunningShop.Get(client, $"/v1/orders/{id}")).Status == global::System.Net.HttpStatusCode.OK) found++;
        }

        return found;
    }

    private static int Lines(string file) => File.Exists(file) ? File.ReadLines(file).Count() : 0;

    // The real month when it lies beside the repository, else the small one with the same dirt; and after how many orders the shop is killed.
    private (string File, int[] Kills) Month()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var real = Path.Combine(folder.FullName, "shared", "data", "online-retail-2010-12.csv");
            if (File.Exists(real)) return (real, [100, 500, 1_200]);
        }

        var small = Path.Combine(_folder, "month.csv");
        File.WriteAllText(small, Dirt.Csv);
        return (small, [1, 2, 3]);
    }
}
