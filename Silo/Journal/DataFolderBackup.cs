using Commerce.ServiceDefaults;
using Commerce.Silo.Journal.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Commerce.Silo.Journal;

/// <summary>
/// Copies a data folder at one moment, of a running shop or a stopped one, from any process. The journal is the truth, so everything is cut around it:
/// read models first (they may be behind it and catch up, never ahead), then, while its writer stands still for the moment that the ledger of the
/// sandbox or the simulator takes, a view of the journal is opened; what the journal says happened at the provider is in that ledger, and what is in the ledger was
/// recorded as intended. The journal is then copied from that view while the shop goes on; the keys come last, so that everything sealed can be opened.
/// The journal gets its name when all else is there: a folder with a journal is a whole backup, or a whole shop.
/// </summary>
public static class DataFolderBackup
{
    /// <summary>The journal's name until everything else is there.</summary>
    private const string Unfinished = "journal.unfinished";

    /// <summary>Makes a backup in an empty or new folder.</summary>
    /// <exception cref="DataFolderException">It cannot be made; the message says the cure.</exception>
    public static void Backup(string folder, string target) => Guarded(folder, () =>
    {
        if (!File.Exists(DataFolder.JournalOf(folder)))
            throw new DataFolderException(File.Exists(DataFolder.ConnectionsOf(folder))
                ? $"{folder} holds a cluster, whose databases are PostgreSQL's to copy; docs/operations.md says how, under 'Backup and restore'."
                : $"{folder} holds no shop; name the data folder of one with --data.");
        MakeEmpty(target);
        // Read models are rebuilt from the journal; copied, they save the time.
        CopyDatabase(DataFolder.AnalyticsOf(folder), DataFolder.AnalyticsOf(target));
        CopyDatabase(DataFolder.GatewayOf(folder), DataFolder.GatewayOf(target));

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

            Copy(view, Path.Combine(target, Unfinished));
        }

        RefuseDamaged(Path.Combine(target, Unfinished), DataFolder.JournalOf(folder));

        CopyDatabase(DataFolder.KeysOf(folder), DataFolder.KeysOf(target));
        CopyPrivate(folder, target);
        File.Move(Path.Combine(target, Unfinished), DataFolder.JournalOf(target));
        return true;
    });

    /// <summary>
    /// Makes a shop of a backup, in an empty or new folder, with an epoch of its own: events may have happened since that this history does not have.
    /// Answers the new epoch; whoever keeps the old one beside a position (a read model's cursor) takes the new one over or starts from the beginning.
    /// </summary>
    /// <exception cref="DataFolderException">It cannot be made; the message says the cure.</exception>
    public static string Restore(string source, string folder, TimeProvider time) => Guarded(source, () =>
    {
        if (!File.Exists(DataFolder.JournalOf(source)))
            throw new DataFolderException(File.Exists(Path.Combine(source, Unfinished))
                ? $"{source} holds a backup that was not finished, and cannot be restored; name another one."
                : $"{source} holds no backup; name the folder that backup made.");
        MakeEmpty(folder);
        using var held = DataFolder.Open(folder);
        CopyDatabase(DataFolder.JournalOf(source), Path.Combine(folder, Unfinished));
        foreach (var file in Directory.GetFiles(source, "*.db").Where(file => file != DataFolder.JournalOf(source))) CopyDatabase(file, Path.Combine(folder, Path.GetFileName(file)));
        CopyDatabase(DataFolder.SimulatorOf(source), DataFolder.SimulatorOf(folder));
        CopyPrivate(source, folder);
        var epoch = SqliteJournal.ChangeEpoch(Path.Combine(folder, Unfinished), time);
        File.Move(Path.Combine(folder, Unfinished), held.Journal);
        return epoch;
    });

    private static T Guarded<T>(string path, Func<T> work) => DataFolder.Opening(path, work);

    private static void MakeEmpty(string folder)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new DataFolderException($"{folder} is not empty; name a new folder.");
        Guarded(folder, () => Directory.CreateDirectory(folder));
    }

    private static void CopyDatabase(string from, string to)
    {
        if (!File.Exists(from)) return;
        Guarded(to, () => Directory.CreateDirectory(Path.GetDirectoryName(to)!));
        using var source = Guarded(from, () => SqliteSession.ForReading(from));
        Copy(source, to);
    }

    private static void Copy(SqliteSession source, string to) => Guarded(to, () =>
    {
        using (var target = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = to, Pooling = false }.ToString()))
        {
            target.Open();
            try
            {
                source.Connection.BackupDatabase(target);
            }
            catch (SqliteException fault) when (fault.SqliteErrorCode is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_BUSY or raw.SQLITE_LOCKED)
            {
                throw DataFolder.Explain(source.Connection.DataSource, fault);
            }
        }

        // On disk before anybody is told that there is a backup.
        using var written = new FileStream(to, FileMode.Open, FileAccess.ReadWrite);
        written.Flush(flushToDisk: true);
        return true;
    });

    // Pages are copied as they are, and only few of them have been read: one may be damaged that nobody has met.
    private static void RefuseDamaged(string copy, string original) => Guarded(original, () =>
    {
        using var session = SqliteSession.ForReading(copy);
        using var check = session.Use("pragma quick_check(1)");
        return check.Step() && check.Text(0) == "ok" ? true : throw DataFolder.Damaged(original, new InvalidDataException(check.Text(0)));
    });

    // How far its test clock is ahead goes with what was recorded by it; a shop of the real clock has none.
    private static void CopyPrivate(string from, string to)
    {
        string[] alone = ["operator-token", TestClock.FileName, Path.GetFileName(DataFolder.PaymentsOf(from))];
        IEnumerable<string> files = Directory.Exists(Path.Combine(from, "secrets"))
            ? [.. alone, .. Directory.GetFiles(Path.Combine(from, "secrets")).Select(file => Path.GetRelativePath(from, file))]
            : alone;
        foreach (var file in files.Where(file => File.Exists(Path.Combine(from, file))))
        {
            var content = File.ReadAllBytes(Path.Combine(from, file));
            Guarded(Path.Combine(to, file), () => WritePrivate(Path.Combine(to, file), content));
        }
    }

    private static bool WritePrivate(string to, byte[] content)
    {
        var folder = Path.GetDirectoryName(to)!;
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

        using var copy = new FileStream(to, options);
        copy.Write(content);
        copy.Flush(flushToDisk: true);
        return true;
    }
}
