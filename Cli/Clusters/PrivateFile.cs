namespace Commerce.Cli.Clusters;

/// <summary>Files only their owner may read.</summary>
internal static class PrivateFile
{
    /// <summary>Whole and on disk before it has its name: a power cut leaves the old one or the new one.</summary>
    public static void Write(string path, string content)
    {
        var fresh = $"{path}.new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(fresh, options))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(content));
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
