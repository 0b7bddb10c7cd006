using System.Security.Cryptography;
using System.Text;
using Commerce.Silo.Journal;

namespace Commerce.Cli.Shops;

/// <summary>The operator's token of a data folder: 256 random bits in a file only its owner can read, kept for ever.</summary>
internal static class OperatorToken
{
    public const string FileName = "operator-token";

    public static string Ensure(string dataDir)
    {
        var file = Path.Combine(dataDir, FileName);
        return DataFolder.Opening(file, () =>
        {
            Directory.CreateDirectory(dataDir);
            if (!File.Exists(file)) Create(file);
            return File.ReadAllText(file).Trim();
        });
    }

    private static void Create(string file)
    {
        var fresh = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(fresh, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n"));
            stream.Flush(flushToDisk: true);
        }

        // A process killed half-way leaves no half a token behind, and a second process never replaces the first one's.
        try { File.Move(fresh, file, overwrite: false); }
        catch (IOException) when (File.Exists(file)) { File.Delete(fresh); }
    }
}
