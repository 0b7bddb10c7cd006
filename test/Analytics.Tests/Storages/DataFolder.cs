using Commerce.Analytics.ReadModels;
using Commerce.Analytics.Store;

namespace Commerce.Tests;

/// <summary>A folder of its own for one test.</summary>
internal sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("commerce-analytics-").FullName;

    public AnalyticsStore Open() => AnalyticsStore.Open(Path);

    /// <summary>What a crash at this moment would leave: the files as they are.</summary>
    public DataFolder Copy()
    {
        var copy = new DataFolder();
        foreach (var file in Directory.GetFiles(Path)) File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class Stores
{
    /// <summary>Applies everything, one run per service.</summary>
    public static async Task Apply(this AnalyticsStore store, Happenings happened)
    {
        foreach (var service in ProjectionFold.Services)
            if (happened.Feed(service).Count > 0) await store.Apply(happened.Run(service, 1, happened.Feed(service).Count));
    }
}
