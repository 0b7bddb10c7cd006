using System.Security.Cryptography;
using Commerce.Silo.Journal;

namespace Commerce.Silo.Secrets;

/// <summary>The key that wraps every other: 32 bytes in a file only its owner may read.</summary>
internal static class MasterKey
{
    private const int Bytes = 32;

    private static readonly Lock Making = new();

    /// <summary>Reads it, or makes it when the ring is new.</summary>
    public static byte[] Open(string folder, bool isNew)
    {
        var path = Path.Combine(folder, "master.key");
        if (File.Exists(path))
        {
            var key = new byte[Bytes];
            return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), key, out var read) && read == Bytes
                ? key
                : throw new DataFolderException($"{path} is not a master key; put the right one back from a backup.");
        }

        if (!isNew) throw new DataFolderException($"{path} is missing, and without it no personal data can be read; put it back from a backup.");

        // Several rings may be opened at once with one key: whoever comes second takes the first's.
        lock (Making)
        {
            try
            {
                return File.Exists(path) ? Open(folder, isNew) : Make(folder, path);
            }
            catch (IOException) when (File.Exists(path))
            {
                return Open(folder, isNew);
            }
        }
    }

    private static byte[] Make(string folder, string path)
    {
        var key = RandomNumberGenerator.GetBytes(Bytes);
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        var unfinished = $"{path}.{Environment.ProcessId}.new";

        // Written whole and on disk before it has its name: half a key would be found as a key.
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(key)));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(unfinished, path);
        }
        finally
        {
            File.Delete(unfinished);
        }

        return key;
    }
}
