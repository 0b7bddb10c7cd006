using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Data.Sqlite;

namespace Commerce.Silo.Journal;

/// <summary>
/// Copies a data folder at one moment, of a running shop or a stopped one, from any process. The journal is the truth, so everything is cut around it:
/// read models first (they may be behind it and catch up, never ahead), then, while its writer stands still for the moment that the ledger of the
/// sandbox or the simulator takes, a view of the journal is opened; what the journal says happened at the provider is in that ledger, and what is in the ledger was
/// recorded as intended. The journal is then copied from that view while the shop goes on; the keys come last, so that everything sealed can be opened.
/// </summary>
public static class DataFolderBackup
{
    /// <summary>Databases of read models: rebuilt from the journal, copied to save the time.</summary>
    private static readonly string[] ReadModels = ["analytics.db", "gateway.db"];

    /// <summary>Makes a backup in an empty or new folder.</summary>
    /// <exception cref="DataFolderException">It cannot be made; the message says the cure.</exception>
    public static void Backup(string folder, string target) => Guarded(folder, () =>
    {
        if (!File.Exists(DataFolder.JournalOf(folder))) throw new DataFolderException($"{folder} holds no shop; name the data folder of one with --data.");
        MakeEmpty(target);
        foreach (var name in ReadModels) CopyDatabase(Path.Combine(folder, name), Path.Combine(target, name));

        using (var view = SqliteSession.ForReading(DataFolder.JournalOf(folder)))
        {
            using (var writer = SqliteSession.ForReading(DataFolder.JournalOf(folder)))
            {
                writer.Run("pragma query_only=off");
                writer.Run("begin immediate");
                view.Run("begin");
                JournalSchema.Epoch(view);
                CopyDatabase(DataFolder.ProviderOf(folder), DataFolder.ProviderOf(target));
                CopyDatabase(DataFolder.SimulatorOf(folder), DataFolder.SimulatorOf(target));
                writer.Run("rollback");
            }

            Copy(view, DataFolder.JournalOf(target));
        }

        CopyDatabase(Path.Combine(folder, "keys.db"), Path.Combine(target, "keys.db"));
        CopyPrivate(folder, target);
        return true;
    });

    /// <summary>
    /// Makes a shop of a backup, in an empty or new folder, with an epoch of its own: events may have happened since that this history does not have.
    /// Answers the new epoch; whoever keeps the old one beside a position (a read model's cursor) takes the new one over or starts from the beginning.
    /// </summary>
    /// <exception cref="DataFolderException">It cannot be made; the message says the cure.</exception>
    public static string Restore(string source, string folder, TimeProvider time) => Guarded(source, () =>
    {
        if (!File.Exists(DataFolder.JournalOf(source))) throw new DataFolderException($"{source} holds no backup; name the folder that backup made.");
        MakeEmpty(folder);
        using var held = DataFolder.Open(folder);
        foreach (var name in Directory.GetFiles(source, "*.db").Select(Path.GetFileName)) CopyDatabase(Path.Combine(source, name!), Path.Combine(folder, name!));
        CopyDatabase(DataFolder.SimulatorOf(source), DataFolder.SimulatorOf(folder));
        CopyPrivate(source, folder);
        return SqliteJournal.ChangeEpoch(held.Journal, time);
    });

    private static T Guarded<T>(string folder, Func<T> work) => DataFolder.Opening(folder, work);

    private static void MakeEmpty(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new DataFolderException($"{folder} is not empty; name a new folder.");
        Directory.CreateDirectory(folder);
    }

    private static void CopyDatabase(string from, string to)
    {
        if (!File.Exists(from)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        using var source = SqliteSession.ForReading(from);
        Copy(source, to);
    }

    private static void Copy(SqliteSession source, string to)
    {
        using (var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = to, Pooling = false }.ToString()))
        {
            target.Open();
            source.Connection.BackupDatabase(target);
        }

        // On disk before anybody is told that there is a backup.
        using var written = new FileStream(to, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
    }

    // How far its test clock is ahead goes with what was recorded by it; a shop of the real clock has none.
    private static void CopyPrivate(string from, string to)
    {
        string[] alone = ["operator-token", TestClock.FileName, Path.GetFileName(DataFolder.PaymentsOf(from))];
        IEnumerable<string> files = Directory.Exists(Path.Combine(from, "secrets"))
            ? [.. alone, .. Directory.GetFiles(Path.Combine(from, "secrets")).Select(file => Path.GetRelativePath(from, file))]
            : alone;
        foreach (var file in files.Where(file => File.Exists(Path.Combine(from, file))))
        {
            var folder = Path.GetDirectoryName(Path.Combine(to, file))!;
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var copy = new FileStream(Path.Combine(to, file), options);
            copy.Write(File.ReadAllBytes(Path.Combine(from, file)));
            copy.Flush(flushToDisk: true);
        }
    }
}
