using Orleans.Streams.RabbitMQ.Broker;

namespace Orleans.Streams.RabbitMQ.Tests.Unit;

public sealed class ConnectionRecipeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("secret-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_secret_is_seen_to_change_when_only_the_folder_behind_its_link_does()
    {
        // As Kubernetes mounts it: the file is a link into "..data", and that is a link to the folder of the day.
        File.CreateSymbolicLink(Sub("password"), Path.Combine("..data", "password"));
        var recipe = new ConnectionRecipe(new RabbitMqStreamOptions { PasswordFile = Sub("password") }, "test");
        await Mount("..monday", "one");
        var before = await recipe.Fingerprint(CancellationToken.None);
        (await recipe.Fingerprint(CancellationToken.None)).ShouldBe(before);

        await Mount("..tuesday", "two");

        (await recipe.Fingerprint(CancellationToken.None)).ShouldNotBe(before);
    }

    private async Task Mount(string folder, string password)
    {
        Directory.CreateDirectory(Sub(folder));
        await File.WriteAllTextAsync(Path.Combine(Sub(folder), "password"), password);
        File.Delete(Sub("..data"));
        File.CreateSymbolicLink(Sub("..data"), folder);
    }

    private string Sub(string name) => Path.Combine(_folder.FullName, name);
}
