using Commerce.Servers;

namespace Commerce.Cli.Tests.Clusters;

public sealed class ServerBinariesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("binaries-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_link_whose_program_was_removed_is_no_program()
    {
        var (program, link) = (Path.Combine(_folder, "server-15"), Path.Combine(_folder, "server"));
        File.WriteAllText(program, "#!/bin/sh");
        File.CreateSymbolicLink(link, program);
        ServerBinaries.IsThere(link).ShouldBeTrue();
        ServerBinaries.IsThere(program).ShouldBeTrue();

        File.Delete(program);
        ServerBinaries.IsThere(link).ShouldBeFalse();
        ServerBinaries.IsThere(program).ShouldBeFalse();
    }
}
