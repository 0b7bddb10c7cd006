using Commerce.Servers;

namespace Commerce.Cli.Chaos.Lab;

/// <summary>A disk in memory, small enough to be filled. Only who may mount has one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Nothing = [];

    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Null where mounting is not allowed.</summary>
    public static async Task<SmallDisk?> Mount(string folder, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        try
        {
            await new Launch("mount", ["-t", "tmpfs", "-o", "size=700m,mode=755", "commerce-chaos", folder], Nothing, "/").RunToEnd(cancel);
            return new SmallDisk(folder);
        }
        catch (Exception refused) when (refused is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Whether mounting is allowed here.</summary>
    public static async Task<bool> MayBe(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("commerce-chaos-").FullName;
        bool may;
        await using (var disk = await Mount(folder, cancel)) may = disk is not null;
        Directory.Delete(folder);
        return may;
    }

    /// <summary>Leaves no room at all.</summary>
    public void Fill()
    {
        using var ballast = new FileStream(Ballast, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        var block = new byte[1 << 20];
        try
        {
            while (true) ballast.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Ballast);

    /// <summary>Copies what is on it to where it lies; without that it is gone with the disk.</summary>
    public Task Keep() => new Launch("sh", ["-c", "cp -a \"$1\" \"$1.kept\"", "sh", _folder], Nothing, "/").RunToEnd();

    public async ValueTask DisposeAsync() => await new Launch("umount", ["-l", _folder], Nothing, "/").RunToEnd();
}
