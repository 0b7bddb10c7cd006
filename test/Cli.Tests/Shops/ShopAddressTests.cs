using Commerce.Cli.Output;
using Commerce.Cli.Shops;
using Commerce.Silo.Journal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Commerce.Cli.Tests.Shops;

public sealed class ShopAddressTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("commerce-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_asked_of_a_stopped_shop_goes_to_no_other_that_listens_where_it_did()
    {
        var asked = 0;
        await using var other = await Shop(() => asked++);
        File.WriteAllText(Path.Combine(_folder, OperatorToken.FileName), "the same");
        File.WriteAllText(Path.Combine(_folder, ShopAddress.UrlFile), other.Urls.First());

        (await CommandLine.Run(["seed", "--data", _folder])).ShouldBe(ExitCode.Missing);
        (await CommandLine.Run(["status", "--data", _folder])).ShouldBe(ExitCode.Missing);

        asked.ShouldBe(0);
    }

    [Fact]
    public void A_shop_is_where_its_folder_says_while_somebody_holds_that()
    {
        Found(["--data", _folder]).ShouldBeNull("nobody has said where");
        using (var held = DataFolder.Open(_folder))
        {
            UpProcess.Note(held, "http://127.0.0.1:5099");
            Found(["--data", _folder])!.Url.Port.ShouldBe(5099);
        }

        Found(["--data", _folder]).ShouldBeNull("nobody is there any more");
        Found(["--data", _folder, "--url", "http://127.0.0.1:5098"])!.Url.Port.ShouldBe(5098, "what was asked for");
    }

    [Fact]
    public void A_command_that_needs_a_shop_says_which_one_does_not_run() =>
        Should.Throw<MissingException>(() => ShopAddress.Of(Seed.Create().Parse(["--data", _folder]))).Message.ShouldContain($"No shop runs on {_folder}");

    private static ShopAddress? Found(string[] args) => ShopAddress.Find(Seed.Create().Parse(args));

    private static async Task<WebApplication> Shop(Action asked)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapFallback(() => asked());
        await app.StartAsync();
        return app;
    }
}
